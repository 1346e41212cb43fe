// Batches of outcomes: read, checked against their ticket and ruleset, and handed to the writer.
#include <future>
#include <utility>

#include "heed/base/limits.h"
#include "ndjson.h"
#include "store_parts.h"

namespace heed::store {
namespace {

constexpr int busy_retry_after_s = 1;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Answer<std::optional<Ticket>> Store::Parts::check_ticket(std::string_view site,
                                                         const outcome::Batch& batch,
                                                         std::vector<std::byte>& refused) const {
  if (!options.ticket_key) return std::nullopt;
  const auto ticket = read_ticket(batch.head.ticket, *options.ticket_key);
  if (!ticket || ticket->site != site) {
    return refuse(403, "bad_ticket", "the batch carries no ticket that this store signed",
                  "ticket");
  }
  if (clock.now_ms() >= ticket->expiry_ms) {
    return refuse(403, "ticket_expired", "send the records again with a newer ticket", "ticket");
  }
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    const auto unit = outcome::unit(batch.records[i]);
    if (!unit || *unit == ticket->seed) continue;
    refused.resize(batch.records.size());
    refused[i] = std::byte{1};  // a ticket speaks for one visitor
  }
  return *ticket;
}

Answer<BatchJob> Store::Parts::prepare(std::string_view site, std::span<const std::byte> bytes) {
  if (!is_site(site)) return refuse(404, "unknown_site", "a site is 1 to 128 bytes", "site");
  if (bytes.size() > limits::batch_size_bytes_max) {
    return refuse(413, "too_large", "a batch has at most 1 MiB: send fewer records at once");
  }
  BatchJob job;
  job.site = std::string(site);
  if (outcome::is_binary_batch(bytes)) {
    auto batch = outcome::read_batch(bytes);
    if (!batch) {
      return refuse(400, "malformed", "not a batch: " + std::string(name(batch.error().code)),
                    "byte " + std::to_string(batch.error().where));
    }
    job.batch = *std::move(batch);
    job.bytes.assign(bytes.begin(), bytes.end());
  } else {
    auto batch = read_ndjson(text_of(bytes));
    if (!batch) {
      return refuse(400, "malformed", batch.error().where + ": " + batch.error().message,
                    batch.error().where);
    }
    job.batch = *std::move(batch);
    job.bytes = outcome::write_batch(job.batch);
  }
  job.refused = rulesets.refused(site, job.batch);
  job.attribution = rulesets.attribution(site, job.batch);
  auto ticket = check_ticket(site, job.batch, job.refused);
  if (!ticket) return tl::unexpected<Refusal>(ticket.error());
  job.ticket = *std::move(ticket);
  return job;
}

void Store::submit(std::string_view site, std::span<const std::byte> bytes, Done done) {
  auto job = parts_->prepare(site, bytes);
  if (!job) {
    ++parts_->refused_batches;
    done(tl::unexpected<Refusal>(job.error()));
    return;
  }
  job->done = std::move(done);
  if (parts_->writer->submit(*job)) return;
  ++parts_->refused_batches;
  auto busy = refuse(429, "busy", "more is waiting than can be written: send this again later");
  busy.value().retry_after_s = busy_retry_after_s;
  job->done(std::move(busy));
}

Answer<Taken> Store::take(std::string_view site, std::span<const std::byte> bytes) {
  std::promise<Answer<Taken>> promise;
  submit(site, bytes, [&promise](Answer<Taken> answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

}  // namespace heed::store
