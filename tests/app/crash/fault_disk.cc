#include "tests/app/crash/fault_disk.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace baokms::app::crash {
namespace {

// An umask that takes everything away: only a chmod that is safe gives the file its mode.
constexpr mode_t kCreatedMode = 0;

bool IsTemporary(std::string_view name) { return name.ends_with(".bao-kms-tmp"); }

// What may be left of bytes that no fsync has vouched for.
std::vector<std::string> LeftOf(const FileContent& safe, const FileContent& now) {
  const std::size_t size = now.bytes.size();
  std::vector<std::string> left{safe.bytes, now.bytes, std::string(size, '\0')};
  for (const std::size_t cut : {std::size_t{1}, size / 2, size - 1}) {
    if (cut >= size) continue;
    left.push_back(now.bytes.substr(0, cut));
    left.push_back(now.bytes.substr(0, cut) + std::string(size - cut, '\0'));
  }
  return left;
}

}  // namespace

// ---- faults ----

void FaultDisk::Arm(const Fault& fault) {
  fault_ = fault;
  struck_ = false;
  calls_.clear();
}

void FaultDisk::EndProcess() {
  open_.clear();
  lock_.reset();
  dead_ = false;
  Arm({});
}

FaultDisk::Verdict FaultDisk::Next(std::string_view call) {
  partial_ = false;
  if (dead_) return Verdict::kRefuse;
  const int index = static_cast<int>(calls_.size());
  calls_.emplace_back(call);
  if (fault_.kind == Fault::Kind::kNone) return Verdict::kGoOn;
  if (index != fault_.at) return struck_ && Refuses(call) ? Verdict::kRefuse : Verdict::kGoOn;
  partial_ = true;
  struck_ = fault_.lasting;
  switch (fault_.kind) {
    case Fault::Kind::kNone:
    case Fault::Kind::kShort:
      return Verdict::kGoOn;
    case Fault::Kind::kKill:
      dead_ = true;
      return Verdict::kRefuse;
    case Fault::Kind::kKillAfter:
      dead_ = true;
      return Verdict::kRefuseAfter;
    case Fault::Kind::kFail:
      return Verdict::kRefuse;
    case Fault::Kind::kFailAfter:
      return Verdict::kRefuseAfter;
  }
  return Verdict::kGoOn;
}

// What a disk in this condition goes on refusing: a full one takes no new bytes, any other nothing.
bool FaultDisk::Refuses(std::string_view call) const {
  const bool takes_room = call == "create" || call == "write";
  if (fault_.error == ENOSPC || fault_.error == EDQUOT) return takes_room;
  return takes_room || call == "chmod" || call == "rename" || call == "unlink" ||
         call.starts_with("sync");
}

// ---- what survives ----

std::vector<std::optional<FileContent>> FaultDisk::Survivors(const std::string& name,
                                                             const Name& entry) const {
  std::vector<std::optional<FileContent>> survivors;
  for (const FileNumber number : entry.may_survive) {
    if (number == kNoFile) {
      survivors.emplace_back();
      continue;
    }
    const File& file = files_[static_cast<std::size_t>(number)];
    if (!file.changed) {
      survivors.emplace_back(file.now);
      continue;
    }
    if (IsTemporary(name)) {
      survivors.emplace_back(FileContent{file.now.bytes, file.safe.mode});
      continue;
    }
    for (std::string& bytes : LeftOf(file.safe, file.now)) {
      survivors.emplace_back(FileContent{bytes, file.safe.mode});
      survivors.emplace_back(FileContent{std::move(bytes), file.now.mode});
    }
  }
  std::ranges::sort(survivors);
  const auto repeated = std::ranges::unique(survivors);
  survivors.erase(repeated.begin(), repeated.end());
  return survivors;
}

std::vector<FaultDisk> FaultDisk::AfterPowerLoss() const {
  std::vector<FaultDisk> disks(1);
  for (const auto& [name, entry] : names_) {
    std::vector<FaultDisk> more;
    for (const auto& survivor : Survivors(name, entry)) {
      for (const FaultDisk& disk : disks) {
        more.push_back(disk);
        if (survivor) more.back().Put(name, *survivor);
      }
    }
    disks = std::move(more);
  }
  return disks;
}

void FaultDisk::Put(const std::string& name, FileContent content) {
  const auto number = static_cast<FileNumber>(files_.size());
  files_.push_back({.now = content, .safe = std::move(content), .changed = false});
  names_[name] = {.now = number, .may_survive = {number}};
}

std::optional<FileContent> FaultDisk::Get(const std::string& name) const {
  const auto found = names_.find(name);
  if (found == names_.end() || found->second.now == kNoFile) return std::nullopt;
  return files_[static_cast<std::size_t>(found->second.now)].now;
}

std::string FaultDisk::Fingerprint() const {
  std::string text;
  const auto add = [&text](const std::optional<FileContent>& content) {
    if (!content) {
      text += "-\n";
      return;
    }
    text += std::to_string(content->mode) + " " + std::to_string(content->bytes.size()) + " " +
            content->bytes + "\n";
  };
  for (const auto& [name, entry] : names_) {
    const auto survivors = Survivors(name, entry);
    if (entry.now == kNoFile && survivors.size() == 1) continue;  // as if it had never been
    text += name + " " + std::to_string(survivors.size()) + "\n";
    add(Get(name));
    for (const auto& survivor : survivors) add(survivor);
  }
  return text;
}

// ---- the file system ----

void FaultDisk::Point(const std::string& name, FileNumber file) {
  Name& entry = names_[name];
  entry.now = file;
  entry.may_survive.push_back(file);
}

int FaultDisk::Open(FileNumber file) {
  open_.emplace(next_descriptor_, Opened{.file = file});
  return next_descriptor_++;
}

struct stat FaultDisk::StatusOf(FileNumber file) const {
  struct stat status{};
  status.st_uid = kUser;
  status.st_nlink = 1;
  status.st_ino = static_cast<ino_t>(file) + 10;
  status.st_mode = file == kDirectory ? S_IFDIR | 0750
                                      : S_IFREG | files_[static_cast<std::size_t>(file)].now.mode;
  return status;
}

SystemResult<int> FaultDisk::OpenDirectory(const std::string&) {
  if (Next("open directory") != Verdict::kGoOn) return std::unexpected(Error());
  return Open(kDirectory);
}

SystemResult<int> FaultDisk::OpenAt(int, const std::string& name, int flags, mode_t mode) {
  const auto found = names_.find(name);
  FileNumber file = found == names_.end() ? kNoFile : found->second.now;
  const bool creates = (flags & O_CREAT) != 0 && file == kNoFile;
  const Verdict verdict = Next(creates ? "create" : "open");
  if (verdict == Verdict::kRefuse) return std::unexpected(Error());
  if (file != kNoFile && (flags & O_EXCL) != 0) return std::unexpected(EEXIST);
  if (file == kNoFile && !creates) return std::unexpected(ENOENT);
  if (creates) {
    file = static_cast<FileNumber>(files_.size());
    // The lock's mode matters when it is created; no test changes it.
    const mode_t created = mode == 0600 ? mode : kCreatedMode;
    files_.push_back(
        {.now = {.bytes = "", .mode = created}, .safe = {.bytes = "", .mode = created}});
    Point(name, file);
  }
  File& opened = files_[static_cast<std::size_t>(file)];
  if (!creates && (opened.now.mode & 0400) == 0) return std::unexpected(EACCES);
  if ((flags & O_TRUNC) != 0) {
    opened.now.bytes.clear();
    opened.changed = true;
  }
  if (verdict == Verdict::kRefuseAfter) return std::unexpected(Error());
  return Open(file);
}

SystemResult<struct stat> FaultDisk::Inspect(int descriptor) {
  if (Next("stat") != Verdict::kGoOn) return std::unexpected(Error());
  return StatusOf(open_.at(descriptor).file);
}

SystemResult<struct stat> FaultDisk::InspectAt(int, const std::string& name) {
  if (Next("stat name") != Verdict::kGoOn) return std::unexpected(Error());
  const auto found = names_.find(name);
  if (found == names_.end() || found->second.now == kNoFile) return std::unexpected(ENOENT);
  return StatusOf(found->second.now);
}

SystemResult<std::size_t> FaultDisk::Read(int descriptor, std::span<char> room) {
  if (Next("read") != Verdict::kGoOn) return std::unexpected(Error());
  Opened& opened = open_.at(descriptor);
  const std::string& bytes = files_[static_cast<std::size_t>(opened.file)].now.bytes;
  const std::size_t got = bytes.copy(room.data(), room.size(), opened.offset);
  opened.offset += got;
  return got;
}

SystemResult<std::size_t> FaultDisk::Write(int descriptor, std::string_view bytes) {
  const Verdict verdict = Next("write");
  if (verdict == Verdict::kRefuse) return std::unexpected(Error());
  if (partial_) {
    bytes = bytes.substr(
        0, std::max<std::size_t>(1, bytes.size() * static_cast<std::size_t>(fault_.quarters) / 4));
  }
  Opened& opened = open_.at(descriptor);
  File& file = files_[static_cast<std::size_t>(opened.file)];
  file.now.bytes.resize(std::max(file.now.bytes.size(), opened.offset + bytes.size()));
  file.now.bytes.replace(opened.offset, bytes.size(), bytes);
  file.changed = true;
  opened.offset += bytes.size();
  if (verdict == Verdict::kRefuseAfter) return std::unexpected(Error());
  return bytes.size();
}

SystemResult<void> FaultDisk::SetMode(int descriptor, mode_t mode) {
  const Verdict verdict = Next("chmod");
  if (verdict == Verdict::kRefuse) return std::unexpected(Error());
  File& file = files_[static_cast<std::size_t>(open_.at(descriptor).file)];
  file.now.mode = mode;
  file.changed = true;
  if (verdict == Verdict::kRefuseAfter) return std::unexpected(Error());
  return {};
}

SystemResult<void> FaultDisk::Sync(int descriptor) {
  // The dead neither sync nor spoil.
  if (dead_) return std::unexpected(Error());
  const FileNumber number = open_.at(descriptor).file;
  const Verdict verdict = Next(number == kDirectory ? "sync directory" : "sync file");
  // One that reports a failure, or that nobody saw the end of, has made nothing safe to rely on.
  if (number == kDirectory) {
    if (verdict != Verdict::kGoOn) return std::unexpected(Error());
    std::erase_if(names_, [](const auto& entry) { return entry.second.now == kNoFile; });
    for (auto& [name, entry] : names_) entry.may_survive = {entry.now};
    return {};
  }
  File& file = files_[static_cast<std::size_t>(number)];
  if (verdict != Verdict::kGoOn) {
    if (!dead_) file.hopeless = file.hopeless || file.changed;
    return std::unexpected(Error());
  }
  if (!file.hopeless) {
    file.safe = file.now;
    file.changed = false;
  }
  return {};
}

SystemResult<void> FaultDisk::Close(int descriptor) {
  if (dead_) return std::unexpected(Error());
  open_.erase(descriptor);
  if (lock_ == descriptor) lock_.reset();
  if (Next("close") != Verdict::kGoOn) return std::unexpected(Error());
  return {};
}

SystemResult<void> FaultDisk::RenameAt(int, const std::string& from, const std::string& to) {
  const Verdict verdict = Next("rename");
  if (verdict == Verdict::kRefuse) return std::unexpected(Error());
  const auto found = names_.find(from);
  if (found == names_.end() || found->second.now == kNoFile) return std::unexpected(ENOENT);
  if (from != to) {
    Point(to, found->second.now);
    Point(from, kNoFile);
  }
  if (verdict == Verdict::kRefuseAfter) return std::unexpected(Error());
  return {};
}

SystemResult<void> FaultDisk::UnlinkAt(int, const std::string& name) {
  const Verdict verdict = Next("unlink");
  if (verdict == Verdict::kRefuse) return std::unexpected(Error());
  const auto found = names_.find(name);
  if (found == names_.end() || found->second.now == kNoFile) return std::unexpected(ENOENT);
  Point(name, kNoFile);
  if (verdict == Verdict::kRefuseAfter) return std::unexpected(Error());
  return {};
}

SystemResult<void> FaultDisk::LockExclusive(int descriptor) {
  if (Next("lock") != Verdict::kGoOn) return std::unexpected(Error());
  if (lock_ && lock_ != descriptor) return std::unexpected(EWOULDBLOCK);
  lock_ = descriptor;
  return {};
}

}  // namespace baokms::app::crash
