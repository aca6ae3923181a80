/*
 * The C library of a machine that fails, for LD_PRELOAD: what a process does to the files named by FAULTY_FILES goes through here.
 *
 * FAULTY_CONTROL is a file that both sides have mapped: the test writes what shall go wrong (struct control), this side counts.
 * FAULTY_JOURNAL, if set, is written in the order in which things happened: every write, cut and sync of those files, and every
 * write to stdout. From it the test makes every disk that a power cut may have left behind.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* faulty-libc.ts has the same fields, in the same order. */
struct control {
  volatile int64_t sync_count;       /* out */
  volatile int64_t write_count;      /* out */
  volatile int64_t die_before_sync;  /* the n-th sync from now on does not happen: SIGKILL instead */
  volatile int64_t die_after_sync;   /* the n-th sync happens, and nobody hears of it */
  volatile int64_t die_in_write;     /* half of the n-th write from now on happens */
  volatile int64_t sync_delay_ms;
  volatile int64_t sync_errno;
  volatile int64_t write_errno;      /* of writes that make a file longer */
  volatile int64_t clock_offset_ms;  /* the wall clock is off by so much */
};

enum record_type { RECORD_WRITE = 1, RECORD_TRUNCATE, RECORD_SYNC, RECORD_STDOUT };

struct record {
  uint32_t type;
  uint32_t file;
  int64_t offset;
  uint64_t length; /* of the bytes that follow; of a cut, none follow */
};

static struct control nothing;
static struct control *control = &nothing;
static int journal = -1;
static char names[8][256];
static int name_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off64_t);
static int (*real_gettimeofday)(struct timeval *, void *);
static int (*real_clock_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void start(void) {
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_write = dlsym(RTLD_NEXT, "write");
  real_writev = dlsym(RTLD_NEXT, "writev");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_gettimeofday = dlsym(RTLD_NEXT, "gettimeofday");
  real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  const char *path = getenv("FAULTY_CONTROL");
  int descriptor = path == NULL ? -1 : open(path, O_RDWR);
  if (descriptor >= 0) {
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (mapped != MAP_FAILED) control = mapped;
    close(descriptor);
  }
  path = getenv("FAULTY_JOURNAL");
  if (path != NULL) journal = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  char *list = getenv("FAULTY_FILES");
  char copy[2048];
  strncpy(copy, list == NULL ? "" : list, sizeof copy - 1);
  copy[sizeof copy - 1] = 0;
  for (char *name = strtok(copy, ":"); name != NULL && name_count < 8; name = strtok(NULL, ":")) {
    strncpy(names[name_count++], name, sizeof names[0] - 1);
  }
}

/* Which of the files a descriptor is, or -1. */
static int file_of(int descriptor) {
  char link[64], path[256];
  char digits[12];
  int at = sizeof digits - 1;
  digits[at] = 0;
  for (int rest = descriptor; at > 0; rest /= 10) {
    digits[--at] = (char)('0' + rest % 10);
    if (rest < 10) break;
  }
  strcpy(link, "/proc/self/fd/");
  strcat(link, digits + at);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return -1;
  path[length] = 0;
  for (int index = 0; index < name_count; index++) if (strcmp(names[index], path) == 0) return index;
  return -1;
}

static void note(uint32_t type, int file, int64_t offset, const void *bytes, uint64_t length) {
  if (journal < 0) return;
  struct record head = {type, (uint32_t)(file < 0 ? 0 : file), offset, length};
  struct iovec parts[2] = {{&head, sizeof head}, {(void *)bytes, bytes == NULL ? 0 : length}};
  syscall(SYS_writev, journal, parts, 2);
}

static int is_due(volatile int64_t *countdown) {
  return *countdown > 0 && __atomic_sub_fetch(countdown, 1, __ATOMIC_SEQ_CST) == 0;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static int grows(int descriptor, int64_t end) {
  struct stat now;
  return fstat(descriptor, &now) != 0 || end > now.st_size;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
  int file = file_of(descriptor);
  if (file < 0) return real_pwrite(descriptor, bytes, length, offset);
  pthread_mutex_lock(&lock);
  control->write_count++;
  ssize_t written = -1;
  if (is_due(&control->die_in_write)) {
    real_pwrite(descriptor, bytes, length / 2, offset);
    die();
  }
  if (control->write_errno != 0 && grows(descriptor, offset + (int64_t)length)) {
    errno = (int)control->write_errno;
  } else {
    written = real_pwrite(descriptor, bytes, length, offset);
    if (written > 0) note(RECORD_WRITE, file, offset, bytes, (uint64_t)written);
  }
  pthread_mutex_unlock(&lock);
  return written;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
  return pwrite64(descriptor, bytes, length, offset);
}

int ftruncate64(int descriptor, off64_t length) {
  int file = file_of(descriptor);
  if (file < 0) return real_ftruncate(descriptor, length);
  if (control->write_errno != 0 && grows(descriptor, length)) {
    errno = (int)control->write_errno;
    return -1;
  }
  pthread_mutex_lock(&lock);
  int result = real_ftruncate(descriptor, length);
  if (result == 0) note(RECORD_TRUNCATE, file, length, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate(int descriptor, off_t length) {
  return ftruncate64(descriptor, length);
}

static int sync_file(int descriptor, int (*real)(int)) {
  int file = file_of(descriptor);
  if (file < 0) return real(descriptor);
  control->sync_count++;
  if (is_due(&control->die_before_sync)) die();
  if (control->sync_delay_ms > 0) usleep((useconds_t)control->sync_delay_ms * 1000);
  if (control->sync_errno != 0) {
    errno = (int)control->sync_errno;
    return -1;
  }
  pthread_mutex_lock(&lock);
  int result = real(descriptor);
  if (result == 0) note(RECORD_SYNC, file, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  if (is_due(&control->die_after_sync)) die();
  return result;
}

int fsync(int descriptor) {
  return sync_file(descriptor, real_fsync);
}

int fdatasync(int descriptor) {
  return sync_file(descriptor, real_fdatasync);
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
  ssize_t written = real_write(descriptor, bytes, length);
  if (descriptor == 1 && journal >= 0 && written > 0) {
    pthread_mutex_lock(&lock);
    note(RECORD_STDOUT, -1, 0, bytes, (uint64_t)written);
    pthread_mutex_unlock(&lock);
  }
  return written;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  if (descriptor != 1 || journal < 0) return real_writev(descriptor, parts, count);
  ssize_t total = 0;
  for (int index = 0; index < count; index++) {
    ssize_t written = write(descriptor, parts[index].iov_base, parts[index].iov_len);
    if (written < 0) return total > 0 ? total : written;
    total += written;
    if ((size_t)written < parts[index].iov_len) break;
  }
  return total;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  int result = real_gettimeofday(now, zone);
  if (result == 0 && now != NULL) {
    now->tv_sec += control->clock_offset_ms / 1000;
    now->tv_usec += control->clock_offset_ms % 1000 * 1000;
    if (now->tv_usec < 0) now->tv_usec += 1000000, now->tv_sec--;
    if (now->tv_usec >= 1000000) now->tv_usec -= 1000000, now->tv_sec++;
  }
  return result;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = real_clock_gettime(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    now->tv_sec += control->clock_offset_ms / 1000;
    now->tv_nsec += control->clock_offset_ms % 1000 * 1000000;
    if (now->tv_nsec < 0) now->tv_nsec += 1000000000, now->tv_sec--;
    if (now->tv_nsec >= 1000000000) now->tv_nsec -= 1000000000, now->tv_sec++;
  }
  return result;
}
