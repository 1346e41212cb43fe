// The one thread that writes. Batches that arrive together share a commit, and each is answered
// after it. The log is committed before the state, so the state can only ever be behind, and then
// is folded forward again.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "heed/base/outcome.h"
#include "heed/store/clock.h"
#include "heed/store/store.h"
#include "log.h"
#include "state.h"
#include "ticket.h"

namespace heed::store {

/// A batch that is well formed and may be counted.
struct BatchJob {
  std::string site;
  outcome::Batch batch;
  std::vector<std::byte> bytes;            // canonical
  std::vector<std::byte> refused;          // as in LogBatch
  std::vector<std::uint64_t> attribution;  // as in LogBatch
  std::optional<Ticket> ticket;            // checked; none where none is asked for
  Store::Done done;
};

class Writer {
 public:
  /// @param changed  called after a commit, from the writer's thread, for each site it changed
  Writer(std::unique_ptr<Log> log, std::unique_ptr<State> state, const Clock& clock,
         std::size_t queue_size_bytes_max, std::function<void(std::string_view)> changed);
  /// Takes what is queued, then stops.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// False where the queue is full; then `job` is untouched.
  [[nodiscard]] bool submit(BatchJob& job);

  /// Runs `act` on the log in a transaction of its own, and waits for its commit.
  [[nodiscard]] Answer<void> act(std::function<Answer<void>(Log&)> act);

  /// Records of the site's batches that wait for their commit.
  [[nodiscard]] std::uint64_t queued(std::string_view site) const;

  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] Throughput throughput() const;

 private:
  using Steady = std::chrono::steady_clock;
  struct Act {
    std::function<Answer<void>(Log&)> run;
    std::function<void(Answer<void>)> done;
  };

  void run();
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void run_act(Act& act);
  void commit_group(std::vector<BatchJob>& jobs);
  using RecordCounts = std::map<std::string, std::uint64_t, std::less<>>;  // by site
  void leave_queue(const RecordCounts& counts);
  [[nodiscard]] bool catch_up();
  [[nodiscard]] bool commit_both();
  /// When the last prune was, this one included.
  [[nodiscard]] std::int64_t prune_when_due();
  [[nodiscard]] Answer<Taken> apply(BatchJob& job);
  static void limit_to_quota(BatchJob& job, const std::vector<Run>& runs,
                             const outcome::Batch& batch, std::uint64_t used);

  std::unique_ptr<Log> log_;
  std::unique_ptr<State> state_;
  const Clock& clock_;
  const std::size_t queue_size_bytes_max_;
  const std::function<void(std::string_view)> changed_;
  std::int64_t last_prune_ms_ = 0;
  bool behind_ = false;  // the state lacks rows that the log has

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<BatchJob> batches_;
  std::deque<Act> acts_;
  std::size_t queued_size_bytes_ = 0;
  RecordCounts queued_records_;
  Steady::time_point first_queued_;
  bool stopping_ = false;

  std::atomic<bool> ready_{true};
  std::atomic<std::uint64_t> batch_count_{0};
  std::atomic<std::uint64_t> record_count_{0};
  std::atomic<std::uint64_t> commit_count_{0};
  std::atomic<std::uint64_t> failed_commit_count_{0};
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace heed::store
