#include "command_book.h"

#include <algorithm>
#include <set>

namespace miniredis::mredis {
namespace {

std::string join(const Words& words, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < std::min(count, words.size()); ++i) {
    if (i > 0) text.push_back(' ');
    text.append(upper_case(words[i]));
  }
  return text;
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string usage_of(const CommandInfo& info) {
  return info.syntax.empty() ? info.name : info.name + " " + info.syntax;
}

std::string page_of(const CommandInfo& info) {
  std::string page = "  " + usage_of(info) + "\n";
  const auto line = [&](const char* label, const std::string& text) {
    if (!text.empty()) page.append("  ").append(label).append(text).append("\n");
  };
  line("summary:    ", info.summary);
  line("since:      ", info.since);
  line("group:      ", info.group);
  line("complexity: ", info.complexity);
  line("example:    ", info.example);
  line("            ", info.example_reply);
  return page;
}

std::string list_of(const std::vector<const CommandInfo*>& infos) {
  std::string list;
  for (const CommandInfo* info : infos) {
    list.append("  ").append(usage_of(*info)).append("\n      ").append(info->summary).append("\n");
  }
  return list;
}

}  // namespace

const CommandInfo* CommandBook::find(const Words& words) const {
  for (std::size_t count = std::min<std::size_t>(2, words.size()); count > 0; --count) {
    const std::string name = join(words, count);
    const auto found = std::find_if(infos_.begin(), infos_.end(),
                                    [&](const CommandInfo& info) { return info.name == name; });
    if (found != infos_.end()) return &*found;
  }
  return nullptr;
}

std::vector<std::string> CommandBook::complete(const Words& before,
                                               std::string_view partial) const {
  if (before.size() > 1) return {};
  const std::string lead = before.empty() ? "" : upper_case(before[0]) + " ";
  const std::string wanted = lead + upper_case(partial);
  std::set<std::string> words;
  for (const CommandInfo& info : infos_) {
    if (info.name.compare(0, wanted.size(), wanted) != 0) continue;
    std::string word = info.name.substr(lead.size());
    word = word.substr(0, word.find(' '));
    words.insert(word);
  }
  const bool lower =
      std::any_of(partial.begin(), partial.end(), [](char c) { return c >= 'a' && c <= 'z'; }) ||
      (partial.empty() && !before.empty() && upper_case(before[0]) != before[0]);
  std::vector<std::string> out;
  for (const std::string& word : words) out.push_back(lower ? lower_case(word) : word);
  return out;
}

std::string CommandBook::hint(const Words& words) const {
  const CommandInfo* info = find(words);
  return info == nullptr ? "" : usage_of(*info);
}

std::optional<std::string> CommandBook::help(const Words& topic) const {
  if (topic.empty()) {
    std::set<std::string> groups;
    for (const CommandInfo& info : infos_) groups.insert(info.group);
    std::string text = "  help <command>   what a command does, e.g. help set\n";
    text += "  help @<group>    the commands of a group:";
    for (const std::string& group : groups) text.append(" @").append(group);
    text += "\n  Tab              completes a command's name, then shows its arguments\n";
    text += "  clear, quit      clear the screen, leave\n";
    return text;
  }
  std::vector<const CommandInfo*> found;
  if (topic[0].starts_with('@')) {
    for (const CommandInfo& info : infos_) {
      if (equals_ignore_case(info.group, std::string_view(topic[0]).substr(1))) {
        found.push_back(&info);
      }
    }
  } else {
    const std::string name = join(topic, topic.size());
    for (const CommandInfo& info : infos_) {
      if (info.name == name) return page_of(info);
      if (info.name.starts_with(name + " ")) found.push_back(&info);
    }
  }
  if (found.empty()) return std::nullopt;
  return list_of(found);
}

}  // namespace miniredis::mredis
