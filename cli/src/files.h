// Files as a command reads and writes them: bounded, whole, and with a failure that names the file.
#pragma once
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "failure.h"

namespace heed::cli {

/// A source, a keyring, a key: what people write.
inline constexpr std::size_t text_file_size_bytes_max = std::size_t{16} * 1024 * 1024;

/// Who may read a file that is written: keys are for their owner alone.
enum class Access { everyone, owner };

/// Why a file cannot be read, and what to do.
///
/// @param reason  errno
[[nodiscard]] tl::unexpected<Failure> cannot_read(const std::string& path, int reason);

/// The whole file. More than `size_bytes_max` bytes are refused without reading on.
///
/// @errors  not_found, too_large, unreadable
[[nodiscard]] Outcome<std::string> read_file(const std::string& path, std::size_t size_bytes_max);

/// Refuses an output that is one of the inputs, however either path is spelled.
///
/// @errors  bad_option
[[nodiscard]] Outcome<void> keep_inputs(const std::string& output,
                                        std::initializer_list<std::string> inputs);

/// Writes beside the file and then renames, so that no reader ever sees half of it. What nothing
/// makes again, a source or a secret key by its name, is written once and never replaced.
///
/// @errors  bad_option, unwritable (a dependency failed)
[[nodiscard]] Outcome<void> write_file(const std::string& path, std::string_view bytes,
                                       Access access = Access::everyone);

[[nodiscard]] bool exists(const std::string& path);
[[nodiscard]] bool is_folder(const std::string& path);

}  // namespace heed::cli
