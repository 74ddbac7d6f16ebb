// The table of miniredisd's settings: each declared once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "settings/configuration.h"

namespace miniredis::service {

enum class SettingType : std::uint8_t { kText, kInteger, kBytes, kChoice, kAddress, kSwitch };
enum class SettingMode : std::uint8_t { kBoth, kDaemon, kStandalone };

using SettingMember = std::variant<std::string Configuration::*, std::int64_t Configuration::*,
                                   bool Configuration::*>;

struct Setting {
  const char* name;  // the key in the file; the flag is --name with '-' for '_'
  SettingMode mode;
  SettingType type;
  SettingMember member;
  const char* help;
  std::int64_t min = 0;  // of kInteger and kBytes
  std::int64_t max = 0;
  const char* choices = "";           // of kChoice, separated by '|'
  const char* environment = nullptr;  // nullptr: MINIREDIS_ and the name in capitals
  bool has_flag = true;               // false for secrets: a flag shows in the list of processes
  bool in_file = true;
  bool secret = false;
};

// In the order of --help.
std::span<const Setting> settings();

std::string environment_name(const Setting& setting);
std::string flag_name(const Setting& setting);  // without the dashes

// "an integer from 0 to 65535": what a value of the setting may be.
std::string allowed_values(const Setting& setting);

// Sets the member from its text form; what is wrong with the text otherwise.
std::optional<std::string> assign(const Setting& setting, std::string_view text,
                                  Configuration& configuration);

// The value in the text form that assign() reads.
std::string value_text(const Setting& setting, const Configuration& configuration);

}  // namespace miniredis::service
