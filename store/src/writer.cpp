#include "writer.h"

#include <algorithm>
#include <future>
#include <set>
#include <utility>

namespace heed::store {
namespace {

constexpr std::size_t group_batch_count_max = 500;
constexpr std::chrono::milliseconds group_wait{2};
constexpr std::int64_t prune_every_ms = 24LL * 3600 * 1000;
constexpr int retry_after_s = 2;

Answer<Taken> storage_failed() {
  auto refusal = refuse(503, "storage",
                        "the records could not be written and were not counted; send them again");
  refusal.value().retry_after_s = retry_after_s;
  return refusal;
}

}  // namespace

Writer::Writer(std::unique_ptr<Log> log, std::unique_ptr<State> state, const Clock& clock,
               std::size_t queue_size_bytes_max, std::function<void(std::string_view)> changed)
    : log_(std::move(log)),
      state_(std::move(state)),
      clock_(clock),
      queue_size_bytes_max_(queue_size_bytes_max),
      changed_(std::move(changed)),
      last_prune_ms_(log_->last_prune_ms()),
      thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool Writer::submit(BatchJob& job) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_ || queued_size_bytes_ + job.bytes.size() > queue_size_bytes_max_) return false;
    if (batches_.empty()) first_queued_ = Steady::now();
    queued_size_bytes_ += job.bytes.size();
    queued_records_[job.site] += job.batch.records.size();
    batches_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

Answer<void> Writer::act(std::function<Answer<void>(Log&)> act) {
  std::promise<Answer<void>> promise;
  {
    const std::scoped_lock lock(mutex_);
    acts_.push_back({std::move(act),
                     [&promise](Answer<void> answer) { promise.set_value(std::move(answer)); }});
  }
  wake_.notify_one();
  return promise.get_future().get();
}

Throughput Writer::throughput() const {
  const std::scoped_lock lock(mutex_);
  return {.batches = batch_count_,
          .records = record_count_,
          .commits = commit_count_,
          .refused_batches = 0,
          .failed_commits = failed_commit_count_,
          .queued = batches_.size()};
}

std::uint64_t Writer::queued(std::string_view site) const {
  const std::scoped_lock lock(mutex_);
  const auto found = queued_records_.find(site);
  return found == queued_records_.end() ? 0 : found->second;
}

void Writer::leave_queue(const RecordCounts& counts) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [site, count] : counts) {
    const auto found = queued_records_.find(site);
    found->second -= count;
    if (found->second == 0) queued_records_.erase(found);
  }
}

void Writer::wait_for_work(std::unique_lock<std::mutex>& lock) {
  wake_.wait(lock, [this] { return stopping_ || !acts_.empty() || !batches_.empty(); });
  if (batches_.empty()) return;
  wake_.wait_until(lock, first_queued_ + group_wait, [this] {
    return stopping_ || !acts_.empty() || batches_.size() >= group_batch_count_max;
  });
}

void Writer::run() {
  for (;;) {
    std::vector<BatchJob> group;
    std::deque<Act> acts;
    {
      std::unique_lock lock(mutex_);
      wait_for_work(lock);
      if (stopping_ && acts_.empty() && batches_.empty()) return;
      acts.swap(acts_);
      const std::size_t count = std::min(batches_.size(), group_batch_count_max);
      for (std::size_t i = 0; i < count; ++i) {
        queued_size_bytes_ -= batches_.front().bytes.size();
        group.push_back(std::move(batches_.front()));
        batches_.pop_front();
      }
      first_queued_ = Steady::now();
    }
    for (Act& act : acts) run_act(act);
    if (!group.empty()) commit_group(group);
  }
}

void Writer::run_act(Act& act) {
  log_->begin();
  Answer<void> answer = act.run(*log_);
  if (!answer) {
    log_->rollback();
  } else if (const auto committed = log_->commit(); !committed) {
    answer = refuse(503, "storage", "could not be written: " + committed.error());
  }
  act.done(std::move(answer));
}

bool Writer::catch_up() {
  if (!behind_) return true;
  behind_ = !log_->replay_into(*state_);
  return !behind_;
}

bool Writer::commit_both() {
  if (!log_->commit()) {
    state_->rollback();
    return false;
  }
  // The records are durable; a state that could not be written is folded again later.
  behind_ = !state_->commit();
  return true;
}

void Writer::commit_group(std::vector<BatchJob>& jobs) {
  std::vector<Answer<Taken>> answers(jobs.size(), storage_failed());
  RecordCounts counts;
  for (const BatchJob& job : jobs) counts[job.site] += job.batch.records.size();
  bool committed = catch_up();
  if (committed) {
    log_->begin();
    state_->begin();
    for (std::size_t i = 0; i < jobs.size(); ++i) answers[i] = apply(jobs[i]);
    const std::int64_t prune_ms = prune_when_due();
    committed = commit_both();
    if (committed) last_prune_ms_ = prune_ms;
  }
  leave_queue(counts);
  ready_ = committed;
  ++(committed ? commit_count_ : failed_commit_count_);
  std::set<std::string_view> changed;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!committed) answers[i] = storage_failed();
    if (answers[i]) {
      ++batch_count_;
      record_count_ += answers[i]->accepted;
      changed.insert(jobs[i].site);
    }
  }
  for (const std::string_view site : changed) changed_(site);
  for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i].done(std::move(answers[i]));
}

Answer<Taken> Writer::apply(BatchJob& job) {
  const SiteId site = log_->site_id(job.site);
  const outcome::BatchHead& head = job.batch.head;
  Spans seen = state_->seen(site, head.device, head.epoch);
  const std::uint64_t mark = seen.mark();
  const std::uint64_t count = job.batch.records.size();
  const auto runs = seen.add(head.first, count);
  if (!runs) {
    auto refusal = refuse(409, "gap",
                          "too many gaps before record " + std::to_string(head.first) +
                              "; send again from " + std::to_string(mark + 1),
                          "first");
    refusal.value().mark = mark;
    return refusal;
  }
  if (runs->empty()) {
    log_->count_traffic(site, count);
    return Taken{.mark = mark, .repeated = count};
  }
  LogBatch row{.site = site,
               .received_ms = clock_.now_ms(),
               .batch = std::move(job.batch),
               .bytes = std::move(job.bytes),
               .ticket_seed = job.ticket ? job.ticket->seed : 0,
               .refused = {},
               .attribution = std::move(job.attribution)};
  if (job.ticket) {
    limit_to_quota(job, *runs, row.batch, state_->ticket_use(site, row.ticket_seed));
  }
  row.refused = std::move(job.refused);
  log_->append(row);
  const Applied applied = state_->apply(row);
  log_->count_traffic(site, applied.repeated);
  return Taken{applied.mark,    applied.accepted, applied.repeated,
               applied.too_old, applied.refused,  applied.repeated_ids};
}

void Writer::limit_to_quota(BatchJob& job, const std::vector<Run>& runs,
                            const outcome::Batch& batch, std::uint64_t used) {
  std::uint64_t left = job.ticket->quota > used ? job.ticket->quota - used : 0;
  for (const Run& run : runs) {
    for (std::uint64_t sequence = run.from; sequence < run.until; ++sequence) {
      if (left > 0) {
        --left;
        continue;
      }
      job.refused.resize(batch.records.size());
      job.refused[static_cast<std::size_t>(sequence - batch.head.first)] = std::byte{1};
    }
  }
}

std::int64_t Writer::prune_when_due() {
  const std::int64_t now_ms = clock_.now_ms();
  if (now_ms - last_prune_ms_ < prune_every_ms) return last_prune_ms_;
  state_->prune(log_->append_prune(now_ms), now_ms);
  return now_ms;
}

}  // namespace heed::store
