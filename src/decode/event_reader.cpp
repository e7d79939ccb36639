#include "decode/event_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "wire/byte_reader.h"

namespace pikachu::decode {

namespace {

using base::ErrorCode;
using base::fail;
using binlog::EventHeader;
using binlog::EventType;

constexpr std::size_t kMagicSize = 4;
constexpr std::uint32_t kMagic = 0x6e6962fe;           // fe 'b' 'i' 'n'
constexpr std::uint32_t kEncryptedMagic = 0x6e6962fd;  // fd 'b' 'i' 'n'
constexpr std::uint32_t kZstdMagic = 0xfd2fb528;
constexpr std::uint32_t kGzipMagic = 0x00008b1f;  // its first two bytes
constexpr std::size_t kTypeOffset = 4;
constexpr std::size_t kSizeOffset = 9;
constexpr std::size_t kFlagsOffset = 17;

std::string hexadecimal(binlog::Bytes bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text += ' ';
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xfU];
  }
  return text;
}

base::Result<void> check_magic(binlog::Bytes start) {
  if (start.size() < kMagicSize) {
    return fail(ErrorCode::kInvalid, "is no binlog: it has " + std::to_string(start.size()) +
                                         " bytes, and a binlog begins with the four fe 62 69 6e; "
                                         "copy it again");
  }
  const std::uint32_t magic = wire::ByteReader(start).u32();
  if (magic == kMagic) return {};
  if (magic == kEncryptedMagic) {
    return fail(ErrorCode::kUnsupported,
                "is encrypted by MySQL (binlog_encryption): only its server has the key; let the "
                "server decrypt it, with mysqlbinlog --read-from-remote-server --raw, and decode "
                "what that writes");
  }
  std::string message =
      "is no binlog: it begins with " + hexadecimal(start) + " where fe 62 69 6e should stand";
  if (magic == kZstdMagic) {
    message +=
        "; that is Zstandard: give the file a name that ends in .zst (standard input: "
        "zstdcat FILE | pikachu decode -)";
  } else if ((magic & 0xffffU) == kGzipMagic) {
    message +=
        "; that is gzip: give the file a name that ends in .gz (standard input: "
        "zcat FILE | pikachu decode -)";
  } else {
    message += "; name the files that SHOW BINARY LOGS lists, not their index";
  }
  return fail(ErrorCode::kInvalid, std::move(message));
}

std::string at(std::uint64_t offset) {
  return "at offset " + std::to_string(offset) + ": ";
}

}  // namespace

EventReader::EventReader() : buffer_(kBufferBytes) {
}

base::Result<void> EventReader::open(std::unique_ptr<ByteSource> source) {
  source_ = std::move(source);
  begin_ = end_ = 0;
  at_end_ = false;
  offset_ = 0;
  if (auto filled = fill(kMagicSize); !filled) return base::propagate(std::move(filled));
  const binlog::Bytes start(buffer_.data(), std::min(end_, kMagicSize));
  if (auto checked = check_magic(start); !checked) return checked;
  begin_ = kMagicSize;
  offset_ = kMagicSize;
  return {};
}

base::Result<std::optional<FileEvent>> EventReader::next() {
  auto filled = fill(EventHeader::kSize);
  if (!filled) return base::propagate(std::move(filled), "after offset " + std::to_string(offset_));
  if (!*filled) {
    if (begin_ == end_) return std::optional<FileEvent>();
    return truncated(EventHeader::kSize);
  }
  wire::ByteReader header(binlog::Bytes(buffer_).subspan(begin_, EventHeader::kSize));
  header.skip(kTypeOffset);
  FileEvent event;
  event.offset = offset_;
  event.type = static_cast<EventType>(header.u8());
  header.skip(kSizeOffset - kTypeOffset - 1);
  const std::uint32_t size = header.u32();
  header.skip(kFlagsOffset - kSizeOffset - sizeof size);
  event.flags = header.u16();
  if (size < EventHeader::kSize || size > EventHeader::kSizeMax) {
    return tl::unexpected(impossible_size(size));
  }
  filled = fill(size);
  if (!filled) return base::propagate(std::move(filled), "after offset " + std::to_string(offset_));
  if (!*filled) return truncated(size);
  // A dump of such a file has the flag, and what follows is plain.
  const bool encrypted = event.type == EventType::kMariadbStartEncryption &&
                         (event.flags & EventHeader::kFlagIgnorable) == 0;
  if (encrypted) {
    return fail(ErrorCode::kUnsupported,
                at(offset_) +
                    "from here on it is encrypted by MariaDB (encrypt_binlog): only its server has "
                    "the key; let the server decrypt it, with mariadb-binlog "
                    "--read-from-remote-server --raw, and decode what that writes");
  }
  event.bytes = binlog::Bytes(buffer_).subspan(begin_, size);
  begin_ += size;
  offset_ += size;
  return std::optional<FileEvent>(event);
}

base::Error EventReader::impossible_size(std::uint32_t size) const {
  const std::string stated =
      at(offset_) + "an event states a size of " + std::to_string(size) + " bytes, ";
  if (size < EventHeader::kSize) {
    return {ErrorCode::kCorrupt,
            stated +
                "below the 19 of its header; what is from here on is no binlog: compare the file "
                "with the server's"};
  }
  return {ErrorCode::kUnsupported,
          stated + "above the " + std::to_string(EventHeader::kSizeMax) +
              " that are handled; compare the file with the server's: most likely it is damaged "
              "here"};
}

tl::unexpected<base::Error> EventReader::truncated(std::uint32_t stated) const {
  return fail(ErrorCode::kCorrupt,
              at(offset_) + "the file ends within an event: " + std::to_string(end_ - begin_) +
                  " of at least " + std::to_string(stated) +
                  " bytes are there; copy the file again, whole");
}

base::Result<bool> EventReader::refill(std::size_t wanted) {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (buffer_.size() > kKeptBytes && wanted <= kBufferBytes && end_ <= kBufferBytes) {
      buffer_.resize(kBufferBytes);
      buffer_.shrink_to_fit();
    }
  }
  while (end_ < wanted && !at_end_) {
    make_room(wanted);
    if (auto more = read_more(); !more) return base::propagate(std::move(more));
  }
  return end_ >= wanted;
}

// Doubles a buffer that is full: a claim of a gigabyte takes memory only as its bytes arrive.
void EventReader::make_room(std::size_t wanted) {
  if (end_ < buffer_.size()) return;
  buffer_.resize(std::min(std::max(wanted, kBufferBytes), 2 * buffer_.size()));
}

base::Result<void> EventReader::read_more() {
  const auto size = source_->read(std::span(buffer_).subspan(end_));
  if (!size) return tl::unexpected(size.error());
  at_end_ = *size == 0;
  end_ += *size;
  return {};
}

}  // namespace pikachu::decode
