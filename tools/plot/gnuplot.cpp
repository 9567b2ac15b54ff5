#include "gnuplot.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "../../core/check.h"
#include "../../core/error.h"
#include "../../core/files/atomic_file.h"
#include "../../core/files/text.h"
#include "style.h"

namespace scangrad_tools {
namespace {

// The picture that gnuplot draws for a script in a folder; nothing if it fails. The script is a file in memory: unlike
// a pipe it does not break if gnuplot stops reading, and unlike a file on disk it cannot be left over.
std::optional<std::string> picture(const std::string& script, const std::string& folder) {
  const int memory = memfd_create("script", 0);
  if (memory < 0) return {};
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(fdopen(memory, "w"), std::fclose);
  if (file == nullptr || std::fputs(script.c_str(), file.get()) < 0 || std::fflush(file.get()) != 0) return {};
  const std::string command =
      fmt::format("cd -- {} 2>/dev/null && exec gnuplot /dev/fd/{} 2>/dev/null", scangrad::shell_word(folder), memory);
  std::FILE* const gnuplot = popen(command.c_str(), "r");
  if (gnuplot == nullptr) return {};
  std::string drawn;
  char part[4096];
  for (size_t count = 0; (count = std::fread(part, 1, sizeof part, gnuplot)) > 0;) drawn.append(part, count);
  if (pclose(gnuplot) != 0 || drawn.empty()) return {};
  return drawn;
}

bool is_written(const std::string& picture, const std::string& path) {
  try {
    scangrad::AtomicFile file(path);
    file.write(picture);
    file.commit();
    return true;
  } catch (const scangrad::Error&) {
    return false;
  }
}

}  // namespace

std::filesystem::path picture_path(const std::filesystem::path& out) {
  std::filesystem::path name = out.lexically_normal();
  if (name.extension() == ".svg" || name.extension() == ".png") name.replace_extension();
  const std::filesystem::path folder = name.has_parent_path() ? name.parent_path() : ".";
  scangrad::check(!name.filename().empty() && std::filesystem::is_directory(folder),
                  "scangrad: --out is '{}', but the name of a picture in a folder that exists is needed", out.string());
  return name;
}

std::string gnuplot_text(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '`')
      result += "\\140";  // its octal number
    else
      result += c == '\n' ? ' ' : c;
  }
  return result + "\"";
}

int letters(const std::string& text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string draw(const std::string& script, const std::string& folder, const std::string& name, int width, int height) {
  if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) return "gnuplot is not installed";
  const std::string svg = fmt::format("svg size {},{} dynamic background 'white' font 'sans,{}'", width, height, kFont);
  const std::string png = fmt::format("pngcairo size {},{} font 'sans,{}' fontscale 1.5 linewidth 1.5 pointscale 1.5",
                                      width * 3 / 2, height * 3 / 2, kFont);
  for (const auto& [terminal, ending] : {std::pair(svg, ".svg"), std::pair(png, ".png")}) {
    const std::string path = fmt::format("{}/{}{}", folder, name, ending);
    const std::optional<std::string> drawn =
        picture(fmt::format("set terminal {}\nset encoding utf8\n{}", terminal, script), folder);
    if (!drawn || !is_written(*drawn, path)) return fmt::format("{} cannot be drawn", path);
  }
  return "";
}

}  // namespace scangrad_tools
