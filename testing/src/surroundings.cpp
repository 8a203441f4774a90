// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/surroundings.hpp>

#include <acta/domain/event_frame.hpp>
#include <acta/testing/failure.hpp>

namespace acta::testing {

uuid nth_id(std::uint64_t n) noexcept {
  uuid id;
  // A valid version 7 uuid of the year 1970, so that code that checks ids takes it.
  id.bytes[6] = 0x70;
  id.bytes[8] = 0x80;
  for (std::size_t i = 15; i > 8; --i, n >>= 8) id.bytes[i] = static_cast<std::uint8_t>(n);
  return id;
}

namespace detail {

namespace {

/// As a commit record counts them.
std::size_t bytes_of(const acta::attributes& attributes) {
  std::size_t bytes = attributes.empty() ? 0 : 2;
  for (const auto& [key, value] : attributes) bytes += 6 + key.size() + value.size();
  return bytes;
}

} // namespace

context surroundings::at_version(version_number version, id_source& ids) const {
  context c(id, version, now);
  c.with_caller(caller)
      .with_command(command_id, correlation_id)
      .with_attributes(attributes)
      .with_ids(ids);
  return c;
}

void check_id(const std::string& id) {
  if (const auto ok = check_stream_id(id); !ok)
    report()
        .line("error", ok.error().to_string())
        .fail(promise::valid_test, "with_id: no stream can have this id");
}

void check_caller(const std::string& caller) {
  if (caller.size() > caller_bytes_max)
    report()
        .line("caller", std::to_string(caller.size()) + " bytes")
        .fail(promise::valid_test, "as: no runtime takes a caller of more than " +
                                       std::to_string(caller_bytes_max) + " bytes");
}

void check_attributes(const acta::attributes& attributes) {
  if (const auto bytes = bytes_of(attributes); bytes > attributes_bytes_max)
    report()
        .line("attributes", std::to_string(bytes) + " bytes")
        .fail(promise::valid_test, "with_attributes: no runtime takes more than " +
                                       std::to_string(attributes_bytes_max) + " bytes of them");
}

void must_fit(std::size_t events, std::size_t bytes, const surroundings& around,
              const report& so_far) {
  if (events > commit_events_max)
    report(so_far)
        .line("events", std::to_string(events))
        .fail(promise::fits_commit,
              "more events than a runtime stores at once: one decision has at most " +
                  std::to_string(commit_events_max));
  const auto whole = bytes + commit_head_bytes_max + around.id.size() + around.caller.size() +
                     bytes_of(around.attributes);
  if (whole > commit_bytes_max)
    report(so_far)
        .line("bytes", std::to_string(whole))
        .fail(promise::fits_commit,
              "more bytes than a runtime stores at once: one commit has at most " +
                  std::to_string(commit_bytes_max));
}

} // namespace detail

} // namespace acta::testing
