// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "lmdb_tables.hpp"

#include <acta/persistence/errc.hpp>

namespace acta::persistence {

namespace {

constexpr std::size_t identity_bytes = 24;

} // namespace

result<void> check_identity(MDB_txn* txn, MDB_dbi meta, const store_identity& identity,
                            std::uint32_t format, const std::filesystem::path& folder,
                            bool is_new) {
  const auto refused = [&](const std::string& what) {
    return error(errc::wrong_format, folder.string() + ' ' + what);
  };
  auto key = to_val("identity");
  MDB_val stored{};
  const int rc = mdb_get(txn, meta, &key, &stored);
  if (rc == MDB_NOTFOUND) {
    if (!is_new) return refused("is an LMDB environment, but not one of Acta's");
    std::array<std::byte, identity_bytes> bytes;
    store_le(bytes.data(), format);
    store_le(bytes.data() + 4, identity.partition);
    std::memcpy(bytes.data() + 8, identity.store_id.bytes.data(), 16);
    auto value = to_val(bytes_view(bytes));
    if (const int put = mdb_put(txn, meta, &key, &value, 0); put != 0)
      return lmdb_error(put, "writing " + folder.string());
    return {};
  }
  if (rc != 0) return lmdb_error(rc, "reading " + folder.string());
  const auto bytes = from_val(stored);
  if (bytes.size() != identity_bytes) return refused("has an identity of another size");
  if (const auto found = load_le<std::uint32_t>(bytes.data()); found != format)
    return refused("has format " + std::to_string(found) + ", this program reads " +
                   std::to_string(format));
  if (const auto found = load_le<std::uint32_t>(bytes.data() + 4); found != identity.partition)
    return refused("holds partition " + std::to_string(found) + ", expected " +
                   std::to_string(identity.partition));
  uuid store_id;
  std::memcpy(store_id.bytes.data(), bytes.data() + 8, 16);
  if (store_id != identity.store_id)
    return refused("belongs to store " + store_id.to_string() + ", expected " +
                   identity.store_id.to_string());
  return {};
}

} // namespace acta::persistence
