// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/surroundings.hpp>

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

} // namespace detail

} // namespace acta::testing
