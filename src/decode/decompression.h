#pragma once

#include <memory>

#include "decode/byte_source.h"

namespace pikachu::decode {

/// The content of Zstandard frames, one behind the other. Memory: that of the decoder, at most the
/// 128 MiB window that `zstd` itself allows by default, and kCompressedBytes.
/// Spec: RFC 8878.
std::unique_ptr<ByteSource> decompress_zstd(std::unique_ptr<ByteSource> compressed);

/// The content of gzip members, one behind the other. Spec: RFC 1952.
std::unique_ptr<ByteSource> decompress_gzip(std::unique_ptr<ByteSource> compressed);

/// Compressed bytes that are read at once.
inline constexpr std::size_t kCompressedBytes = std::size_t{256} << 10U;

}  // namespace pikachu::decode
