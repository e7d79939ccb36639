#include "binlog/charset.h"

#include <algorithm>
#include <array>

namespace pikachu::binlog {
namespace {

// In the order of the enumeration.
constexpr std::array<CharsetTraits, kCharsetCount> kTraits{{
    {"armscii8", 1, true, "ARMSCII-8"},
    {"ascii", 1, true, "ASCII"},
    {"big5", 2, true, "BIG5"},
    {"binary", 1, true, ""},
    {"cp1250", 1, true, "CP1250"},
    {"cp1251", 1, true, "CP1251"},
    {"cp1256", 1, true, "CP1256"},
    {"cp1257", 1, true, "CP1257"},
    {"cp850", 1, true, "CP850"},
    {"cp852", 1, true, "CP852"},
    {"cp866", 1, true, "CP866"},
    {"cp932", 2, true, "CP932"},
    {"dec8", 1, true, "DEC-MCS"},
    {"eucjpms", 3, true, "EUC-JP-MS"},
    {"euckr", 2, true, "CP949"},
    {"gb18030", 4, true, "GB18030"},
    {"gb2312", 2, true, "EUC-CN"},
    {"gbk", 2, true, "GBK"},
    {"geostd8", 1, true, "GEORGIAN-PS"},
    {"greek", 1, true, "ISO-8859-7"},
    {"hebrew", 1, true, "ISO-8859-8"},
    {"hp8", 1, true, "HP-ROMAN8"},
    {"keybcs2", 1, true, "CWI"},
    {"koi8r", 1, true, "KOI8-R"},
    {"koi8u", 1, true, "KOI8-U"},
    {"latin1", 1, true, "CP1252"},
    {"latin2", 1, true, "ISO-8859-2"},
    {"latin5", 1, true, "ISO-8859-9"},
    {"latin7", 1, true, "ISO-8859-13"},
    {"macce", 1, true, "MAC-CENTRALEUROPE"},
    {"macroman", 1, true, "MACINTOSH"},
    {"sjis", 2, true, "CP932"},
    {"swe7", 1, false, "SEN_850200_B"},
    {"tis620", 1, true, "TIS-620"},
    {"ucs2", 2, false, "UTF-16BE"},
    {"ujis", 3, true, "EUC-JP-MS"},
    {"utf16", 4, false, "UTF-16BE"},
    {"utf16le", 4, false, "UTF-16LE"},
    {"utf32", 4, false, "UTF-32BE"},
    {"utf8mb3", 3, true, ""},
    {"utf8mb4", 4, true, ""},
}};

struct CollationRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  Charset charset = Charset::kBinary;
};

// By id. From 1024 on they are MariaDB's: NOPAD variants (1024 + id), UCA 14 (2048 and up).
constexpr std::array kCollations = {
    CollationRange{1, 1, Charset::kBig5},           CollationRange{2, 2, Charset::kLatin2},
    CollationRange{3, 3, Charset::kDec8},           CollationRange{4, 4, Charset::kCp850},
    CollationRange{5, 5, Charset::kLatin1},         CollationRange{6, 6, Charset::kHp8},
    CollationRange{7, 7, Charset::kKoi8r},          CollationRange{8, 8, Charset::kLatin1},
    CollationRange{9, 9, Charset::kLatin2},         CollationRange{10, 10, Charset::kSwe7},
    CollationRange{11, 11, Charset::kAscii},        CollationRange{12, 12, Charset::kUjis},
    CollationRange{13, 13, Charset::kSjis},         CollationRange{14, 14, Charset::kCp1251},
    CollationRange{15, 15, Charset::kLatin1},       CollationRange{16, 16, Charset::kHebrew},
    CollationRange{18, 18, Charset::kTis620},       CollationRange{19, 19, Charset::kEuckr},
    CollationRange{20, 20, Charset::kLatin7},       CollationRange{21, 21, Charset::kLatin2},
    CollationRange{22, 22, Charset::kKoi8u},        CollationRange{23, 23, Charset::kCp1251},
    CollationRange{24, 24, Charset::kGb2312},       CollationRange{25, 25, Charset::kGreek},
    CollationRange{26, 26, Charset::kCp1250},       CollationRange{27, 27, Charset::kLatin2},
    CollationRange{28, 28, Charset::kGbk},          CollationRange{29, 29, Charset::kCp1257},
    CollationRange{30, 30, Charset::kLatin5},       CollationRange{31, 31, Charset::kLatin1},
    CollationRange{32, 32, Charset::kArmscii8},     CollationRange{33, 33, Charset::kUtf8mb3},
    CollationRange{34, 34, Charset::kCp1250},       CollationRange{35, 35, Charset::kUcs2},
    CollationRange{36, 36, Charset::kCp866},        CollationRange{37, 37, Charset::kKeybcs2},
    CollationRange{38, 38, Charset::kMacce},        CollationRange{39, 39, Charset::kMacroman},
    CollationRange{40, 40, Charset::kCp852},        CollationRange{41, 42, Charset::kLatin7},
    CollationRange{43, 43, Charset::kMacce},        CollationRange{44, 44, Charset::kCp1250},
    CollationRange{45, 46, Charset::kUtf8mb4},      CollationRange{47, 49, Charset::kLatin1},
    CollationRange{50, 52, Charset::kCp1251},       CollationRange{53, 53, Charset::kMacroman},
    CollationRange{54, 55, Charset::kUtf16},        CollationRange{56, 56, Charset::kUtf16le},
    CollationRange{57, 57, Charset::kCp1256},       CollationRange{58, 59, Charset::kCp1257},
    CollationRange{60, 61, Charset::kUtf32},        CollationRange{62, 62, Charset::kUtf16le},
    CollationRange{63, 63, Charset::kBinary},       CollationRange{64, 64, Charset::kArmscii8},
    CollationRange{65, 65, Charset::kAscii},        CollationRange{66, 66, Charset::kCp1250},
    CollationRange{67, 67, Charset::kCp1256},       CollationRange{68, 68, Charset::kCp866},
    CollationRange{69, 69, Charset::kDec8},         CollationRange{70, 70, Charset::kGreek},
    CollationRange{71, 71, Charset::kHebrew},       CollationRange{72, 72, Charset::kHp8},
    CollationRange{73, 73, Charset::kKeybcs2},      CollationRange{74, 74, Charset::kKoi8r},
    CollationRange{75, 75, Charset::kKoi8u},        CollationRange{76, 76, Charset::kUtf8mb3},
    CollationRange{77, 77, Charset::kLatin2},       CollationRange{78, 78, Charset::kLatin5},
    CollationRange{79, 79, Charset::kLatin7},       CollationRange{80, 80, Charset::kCp850},
    CollationRange{81, 81, Charset::kCp852},        CollationRange{82, 82, Charset::kSwe7},
    CollationRange{83, 83, Charset::kUtf8mb3},      CollationRange{84, 84, Charset::kBig5},
    CollationRange{85, 85, Charset::kEuckr},        CollationRange{86, 86, Charset::kGb2312},
    CollationRange{87, 87, Charset::kGbk},          CollationRange{88, 88, Charset::kSjis},
    CollationRange{89, 89, Charset::kTis620},       CollationRange{90, 90, Charset::kUcs2},
    CollationRange{91, 91, Charset::kUjis},         CollationRange{92, 93, Charset::kGeostd8},
    CollationRange{94, 94, Charset::kLatin1},       CollationRange{95, 96, Charset::kCp932},
    CollationRange{97, 98, Charset::kEucjpms},      CollationRange{99, 99, Charset::kCp1250},
    CollationRange{101, 124, Charset::kUtf16},      CollationRange{128, 151, Charset::kUcs2},
    CollationRange{159, 159, Charset::kUcs2},       CollationRange{160, 183, Charset::kUtf32},
    CollationRange{192, 215, Charset::kUtf8mb3},    CollationRange{223, 223, Charset::kUtf8mb3},
    CollationRange{224, 247, Charset::kUtf8mb4},    CollationRange{248, 250, Charset::kGb18030},
    CollationRange{255, 271, Charset::kUtf8mb4},    CollationRange{273, 275, Charset::kUtf8mb4},
    CollationRange{277, 294, Charset::kUtf8mb4},    CollationRange{296, 298, Charset::kUtf8mb4},
    CollationRange{300, 300, Charset::kUtf8mb4},    CollationRange{303, 323, Charset::kUtf8mb4},
    CollationRange{576, 579, Charset::kUtf8mb3},    CollationRange{608, 611, Charset::kUtf8mb4},
    CollationRange{640, 642, Charset::kUcs2},       CollationRange{672, 674, Charset::kUtf16},
    CollationRange{736, 738, Charset::kUtf32},      CollationRange{1025, 1025, Charset::kBig5},
    CollationRange{1027, 1027, Charset::kDec8},     CollationRange{1028, 1028, Charset::kCp850},
    CollationRange{1030, 1030, Charset::kHp8},      CollationRange{1031, 1031, Charset::kKoi8r},
    CollationRange{1032, 1032, Charset::kLatin1},   CollationRange{1033, 1033, Charset::kLatin2},
    CollationRange{1034, 1034, Charset::kSwe7},     CollationRange{1035, 1035, Charset::kAscii},
    CollationRange{1036, 1036, Charset::kUjis},     CollationRange{1037, 1037, Charset::kSjis},
    CollationRange{1040, 1040, Charset::kHebrew},   CollationRange{1042, 1042, Charset::kTis620},
    CollationRange{1043, 1043, Charset::kEuckr},    CollationRange{1046, 1046, Charset::kKoi8u},
    CollationRange{1048, 1048, Charset::kGb2312},   CollationRange{1049, 1049, Charset::kGreek},
    CollationRange{1050, 1050, Charset::kCp1250},   CollationRange{1052, 1052, Charset::kGbk},
    CollationRange{1054, 1054, Charset::kLatin5},   CollationRange{1056, 1056, Charset::kArmscii8},
    CollationRange{1057, 1057, Charset::kUtf8mb3},  CollationRange{1059, 1059, Charset::kUcs2},
    CollationRange{1060, 1060, Charset::kCp866},    CollationRange{1061, 1061, Charset::kKeybcs2},
    CollationRange{1062, 1062, Charset::kMacce},    CollationRange{1063, 1063, Charset::kMacroman},
    CollationRange{1064, 1064, Charset::kCp852},    CollationRange{1065, 1065, Charset::kLatin7},
    CollationRange{1067, 1067, Charset::kMacce},    CollationRange{1069, 1070, Charset::kUtf8mb4},
    CollationRange{1071, 1071, Charset::kLatin1},   CollationRange{1074, 1075, Charset::kCp1251},
    CollationRange{1077, 1077, Charset::kMacroman}, CollationRange{1078, 1079, Charset::kUtf16},
    CollationRange{1080, 1080, Charset::kUtf16le},  CollationRange{1081, 1081, Charset::kCp1256},
    CollationRange{1082, 1083, Charset::kCp1257},   CollationRange{1084, 1085, Charset::kUtf32},
    CollationRange{1086, 1086, Charset::kUtf16le},  CollationRange{1088, 1088, Charset::kArmscii8},
    CollationRange{1089, 1089, Charset::kAscii},    CollationRange{1090, 1090, Charset::kCp1250},
    CollationRange{1091, 1091, Charset::kCp1256},   CollationRange{1092, 1092, Charset::kCp866},
    CollationRange{1093, 1093, Charset::kDec8},     CollationRange{1094, 1094, Charset::kGreek},
    CollationRange{1095, 1095, Charset::kHebrew},   CollationRange{1096, 1096, Charset::kHp8},
    CollationRange{1097, 1097, Charset::kKeybcs2},  CollationRange{1098, 1098, Charset::kKoi8r},
    CollationRange{1099, 1099, Charset::kKoi8u},    CollationRange{1101, 1101, Charset::kLatin2},
    CollationRange{1102, 1102, Charset::kLatin5},   CollationRange{1103, 1103, Charset::kLatin7},
    CollationRange{1104, 1104, Charset::kCp850},    CollationRange{1105, 1105, Charset::kCp852},
    CollationRange{1106, 1106, Charset::kSwe7},     CollationRange{1107, 1107, Charset::kUtf8mb3},
    CollationRange{1108, 1108, Charset::kBig5},     CollationRange{1109, 1109, Charset::kEuckr},
    CollationRange{1110, 1110, Charset::kGb2312},   CollationRange{1111, 1111, Charset::kGbk},
    CollationRange{1112, 1112, Charset::kSjis},     CollationRange{1113, 1113, Charset::kTis620},
    CollationRange{1114, 1114, Charset::kUcs2},     CollationRange{1115, 1115, Charset::kUjis},
    CollationRange{1116, 1117, Charset::kGeostd8},  CollationRange{1119, 1120, Charset::kCp932},
    CollationRange{1121, 1122, Charset::kEucjpms},  CollationRange{1125, 1125, Charset::kUtf16},
    CollationRange{1147, 1147, Charset::kUtf16},    CollationRange{1152, 1152, Charset::kUcs2},
    CollationRange{1174, 1174, Charset::kUcs2},     CollationRange{1184, 1184, Charset::kUtf32},
    CollationRange{1206, 1206, Charset::kUtf32},    CollationRange{1216, 1216, Charset::kUtf8mb3},
    CollationRange{1238, 1238, Charset::kUtf8mb3},  CollationRange{1248, 1248, Charset::kUtf8mb4},
    CollationRange{1270, 1270, Charset::kUtf8mb4},  CollationRange{2048, 2215, Charset::kUtf8mb3},
    CollationRange{2232, 2247, Charset::kUtf8mb3},  CollationRange{2304, 2471, Charset::kUtf8mb4},
    CollationRange{2488, 2503, Charset::kUtf8mb4},  CollationRange{2560, 2727, Charset::kUcs2},
    CollationRange{2744, 2759, Charset::kUcs2},     CollationRange{2816, 2983, Charset::kUtf16},
    CollationRange{3000, 3015, Charset::kUtf16},    CollationRange{3072, 3239, Charset::kUtf32},
    CollationRange{3256, 3271, Charset::kUtf32},
};

}  // namespace

const CharsetTraits& traits_of(Charset charset) {
  return kTraits.at(static_cast<std::size_t>(charset));
}

std::optional<Charset> charset_of_collation(std::uint32_t collation_id) {
  const auto* range =
      std::ranges::lower_bound(kCollations, collation_id, {}, &CollationRange::last);
  if (range == kCollations.end() || collation_id < range->first) return std::nullopt;
  return range->charset;
}

}  // namespace pikachu::binlog
