// Runs a program and notes what it took.
//
//     peak_memory NOTE PROGRAM [ARGUMENT...]
//
// Writes "KIB SECONDS" into the file NOTE: the most memory that was resident, and CPU. Its status
// is the program's.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char** arguments) {
  if (count < 3) {
    std::cerr << "usage: peak_memory NOTE PROGRAM [ARGUMENT...]\n";
    return 2;
  }
  const pid_t child = ::fork();
  if (child < 0) {
    std::cerr << "peak_memory: fork: " << std::strerror(errno) << '\n';
    return 1;
  }
  if (child == 0) {
    ::execvp(arguments[2], arguments + 2);
    std::cerr << "peak_memory: " << arguments[2] << ": " << std::strerror(errno) << '\n';
    ::_exit(127);
  }
  int status = 0;
  rusage used{};
  while (::wait4(child, &status, 0, &used) < 0) {
    if (errno == EINTR) continue;
    std::cerr << "peak_memory: wait: " << std::strerror(errno) << '\n';
    return 1;
  }
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  std::ofstream(arguments[1]) << used.ru_maxrss << ' '
                              << seconds(used.ru_utime) + seconds(used.ru_stime) << '\n';
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
