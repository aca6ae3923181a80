/*
 * What the loads of the gateway share: WebSocket connections that speak `switchboard.v1+json` or Socket.IO 4, as far as subscribing,
 * publishing and being alive go. One thread, epoll, no library. Any surprise ends the program with 1 and a sentence.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES (1 << 18)
#define TEXT_BYTES 512 /* of a message: what is looked at is in front of them */

typedef struct {
  int fd; /* -1 when there is none */
  int kind, number; /* the program's own */
  uint8_t head[14];
  int head_bytes;
  uint64_t rest_bytes;
  char text[TEXT_BYTES + 1];
  int text_bytes;
  char answer[TEXT_BYTES + 1]; /* the newest message that is no event */
  char epoch[32];
  uint64_t offset, tag; /* of the newest event */
} Connection;

static int is_socket_io, server_port, poll_fd, window_bytes;
static const char *channel = "bench/1";
static uint8_t read_buffer[READ_BYTES];
static uint64_t read_at_ns;

/* The program's: an event has come, its text is in `connection->text`. An answer has come, in `connection->answer`. */
static void on_event(Connection *connection);
static void on_answer(Connection *connection);

static void fail(const char *format, ...) {
  va_list list;
  va_start(list, format);
  fputs("Cannot measure: ", stderr);
  vfprintf(stderr, format, list);
  fputc('\n', stderr);
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + time.tv_nsec;
}

static void read_proc(int pid, const char *name, char *text, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  FILE *file = fopen(path, "r");
  if (file == NULL) fail("there is no process %d", pid);
  size_t count = fread(text, 1, size - 1, file);
  fclose(file);
  text[count] = 0;
}

/* utime and stime of all its threads, fields 14 and 15 of proc(5)'s stat; the name in field 2 may hold spaces. */
__attribute__((unused)) static double cpu_micros(int pid) {
  char text[2048];
  unsigned long long user, system;
  read_proc(pid, "stat", text, sizeof text);
  char *after = strrchr(text, ')');
  if (after == NULL || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2)
    fail("the times of process %d are not understood", pid);
  return (double)(user + system) * 1e6 / sysconf(_SC_CLK_TCK);
}

__attribute__((unused)) static double resident_bytes(int pid) {
  char text[256];
  unsigned long long pages;
  read_proc(pid, "statm", text, sizeof text);
  if (sscanf(text, "%*u %llu", &pages) != 1) fail("the memory of process %d is not understood", pid);
  return (double)pages * sysconf(_SC_PAGESIZE);
}

static void raise_limit(int connections) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if ((rlim_t)connections + 16 > limit.rlim_cur)
    fail("%d connections are more than the limit of %llu descriptors", connections, (unsigned long long)limit.rlim_cur);
}

/* ---- what is sent */

/* Waits for room: what a client says is little, and a server that does not read it cannot be measured. */
static void send_all(Connection *connection, const uint8_t *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = send(connection->fd, bytes, count, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) {
      struct pollfd wanted = {.fd = connection->fd, .events = POLLOUT};
      if (poll(&wanted, 1, 10000) != 1) fail("nothing of what is sent is taken");
      continue;
    }
    if (sent < 0) return; /* the reader tells of its end */
    bytes += sent;
    count -= sent;
  }
}

static size_t write_frame(uint8_t *target, int opcode, const char *payload, size_t count) {
  static const uint8_t key[] = {0x37, 0xfa, 0x21, 0x3d};
  size_t at = count < 126 ? 2 : 4;
  target[0] = 0x80 | opcode;
  target[1] = 0x80 | (count < 126 ? count : 126);
  if (at == 4) target[2] = count >> 8, target[3] = count;
  memcpy(target + at, key, 4);
  at += 4;
  for (size_t index = 0; index < count; index++) target[at + index] = payload[index] ^ key[index % 4];
  return at + count;
}

static void send_frame(Connection *connection, int opcode, const char *payload, size_t count) {
  uint8_t frame[8192];
  if (count > sizeof frame - 8) fail("a message of %zu bytes is too long to be sent", count);
  send_all(connection, frame, write_frame(frame, opcode, payload, count));
}

static void send_text(Connection *connection, const char *format, ...) {
  char text[4096];
  va_list list;
  va_start(list, format);
  send_frame(connection, 1, text, vsnprintf(text, sizeof text, format, list));
}

/* One publish: when it was sent, and a text of so many bytes. Both servers acknowledge it by its number. */
static void publish(Connection *connection, unsigned long long number, const char *text) {
  unsigned long long at = now_ns() / 1000;
  if (is_socket_io) send_text(connection, "42%llu[\"message\",{\"at\":%llu,\"text\":\"%s\"}]", number, at, text);
  else
    send_text(connection,
              "{\"type\":\"publish\",\"id\":%llu,\"channel\":\"%s\",\"event\":\"message\",\"messageId\":\"%d-%d-%llu\",\"data\":{"
              "\"at\":%llu,\"text\":\"%s\"}}",
              number, channel, getpid(), connection->number, number, at, text);
}

/* ---- what comes */

static uint64_t number_after(const char *text, const char *name) {
  const char *found = strstr(text, name);
  return found == NULL ? 0 : strtoull(found + strlen(name), NULL, 10);
}

/* Where a new subscription starts. At once: entries may come in the same read. */
static void take_position(Connection *connection) {
  char *epoch = strstr(connection->answer, "\"epoch\":\"");
  if (epoch == NULL || sscanf(epoch + 9, "%31[0-9a-f]", connection->epoch) != 1) fail("there is no epoch in %s", connection->answer);
  connection->offset = number_after(epoch, "\"offset\":");
  connection->tag = number_after(epoch, "\"tag\":");
}

static void take_text(Connection *connection) {
  char *text = connection->text;
  text[connection->text_bytes] = 0;
  if (is_socket_io ? strncmp(text, "42[", 3) == 0 : strncmp(text, "{\"type\":\"event\"", 15) == 0) return on_event(connection);
  if (is_socket_io && strcmp(text, "2") == 0) return send_text(connection, "3");
  memcpy(connection->answer, text, connection->text_bytes + 1);
  if (connection->epoch[0] == 0 && strncmp(text, "{\"type\":\"subscribed\"", 20) == 0) take_position(connection);
  on_answer(connection);
}

static int head_length(const uint8_t *head) {
  int length = head[1] & 127;
  return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0);
}

static void begin_payload(Connection *connection) {
  const uint8_t *head = connection->head;
  int length = head[1] & 127, count = length == 126 ? 2 : length == 127 ? 8 : 0;
  connection->rest_bytes = count == 0 ? length : 0;
  for (int index = 0; index < count; index++) connection->rest_bytes = connection->rest_bytes << 8 | head[2 + index];
  connection->text_bytes = 0;
}

/* False if it was the last thing that the server said. */
static int end_frame(Connection *connection) {
  connection->head_bytes = 0;
  switch (connection->head[0]) {
    case 0x81: return take_text(connection), 1;
    case 0x88: return 0;
    case 0x89: return send_frame(connection, 10, connection->text, connection->text_bytes), 1;
    default: fail("a frame begins with %d", connection->head[0]); return 0;
  }
}

static int take_bytes(Connection *connection, const uint8_t *bytes, size_t count) {
  size_t at = 0;
  for (;;) {
    int needed = connection->head_bytes < 2 ? 2 : head_length(connection->head);
    if (connection->head_bytes < needed) {
      if (at == count) return 1;
      connection->head[connection->head_bytes++] = bytes[at++];
      needed = connection->head_bytes < 2 ? 2 : head_length(connection->head);
      if (connection->head_bytes == needed) begin_payload(connection);
      if (connection->head_bytes < needed || connection->rest_bytes > 0) continue;
    }
    uint64_t part = count - at < connection->rest_bytes ? count - at : connection->rest_bytes;
    /* A frame of text may have several messages, with a line feed between two. */
    const uint8_t *feed = connection->head[0] == 0x81 ? memchr(bytes + at, '\n', part) : NULL;
    if (feed != NULL) part = feed - (bytes + at);
    int room = TEXT_BYTES - connection->text_bytes, kept = part < (uint64_t)room ? (int)part : room;
    memcpy(connection->text + connection->text_bytes, bytes + at, kept);
    connection->text_bytes += kept;
    at += part;
    connection->rest_bytes -= part;
    if (feed != NULL) {
      take_text(connection);
      connection->text_bytes = 0;
      at++;
      connection->rest_bytes--;
      continue;
    }
    if (connection->rest_bytes > 0) return 1;
    if (!end_frame(connection)) return 0;
  }
}

/* False if the connection has ended. */
static int read_some(Connection *connection) {
  ssize_t length = recv(connection->fd, read_buffer, READ_BYTES, 0);
  if (length < 0 && errno == EAGAIN) return 1;
  if (length <= 0) return 0;
  read_at_ns = now_ns();
  return take_bytes(connection, read_buffer, length);
}

/* ---- a connection */

static void watch(Connection *connection, int operation) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  if (epoll_ctl(poll_fd, operation, connection->fd, &event) != 0) fail("epoll: %s", strerror(errno));
}

/* Reads on until the newest answer has this in it; events go on being told. */
static void await_answer(Connection *connection, const char *needle) {
  uint64_t end = now_ns() + 20000000000ull;
  while (strstr(connection->answer, needle) == NULL) {
    struct pollfd wanted = {.fd = connection->fd, .events = POLLIN};
    if (now_ns() > end) fail("no %s came, but %s", needle, connection->answer);
    if (poll(&wanted, 1, 1000) == 1 && !read_some(connection)) fail("a connection ended before its %s: %s", needle, connection->answer);
  }
}

static void dial(Connection *connection) {
  int one = 1, segment = 1448;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(server_port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection->fd < 0) fail("socket: %s", strerror(errno));
  if (window_bytes > 0) {
    /* As over Ethernet: the loopback's own segments of 64 KiB would let the kernel hold megabytes for each. */
    setsockopt(connection->fd, SOL_SOCKET, SO_RCVBUF, &window_bytes, sizeof window_bytes);
    setsockopt(connection->fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
  }
  if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect: %s", strerror(errno));
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void shake_hands(Connection *connection) {
  char text[4096];
  size_t length = 0;
  int count = snprintf(text, sizeof text,
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                       is_socket_io ? "/socket.io/?EIO=4&transport=websocket" : "/", server_port,
                       is_socket_io ? "" : "Sec-WebSocket-Protocol: switchboard.v1+json\r\n");
  if (send(connection->fd, text, count, MSG_NOSIGNAL) != count) fail("the request is not taken");
  do { /* byte by byte: what follows the head is the reader of frames' to take */
    ssize_t more = recv(connection->fd, text + length, 1, 0);
    if (more <= 0 || length + 2 > sizeof text) fail("the handshake ended after %zu bytes", length);
    length += more;
    text[length] = 0;
  } while (length < 4 || memcmp(text + length - 4, "\r\n\r\n", 4) != 0);
  if (strstr(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == NULL) fail("refused: %s", text);
}

/* Connects and introduces itself; then it is watched. */
static void open_connection(Connection *connection) {
  connection->head_bytes = 0;
  connection->answer[0] = 0;
  dial(connection);
  shake_hands(connection);
  fcntl(connection->fd, F_SETFL, O_NONBLOCK);
  if (is_socket_io) {
    send_text(connection, "40");
    await_answer(connection, "40{");
  } else {
    send_text(connection, "{\"type\":\"auth\",\"id\":1,\"device\":\"%032x\"}", connection->number + 1);
    await_answer(connection, "\"type\":\"authenticated\"");
  }
  watch(connection, EPOLL_CTL_ADD);
}

/* With Socket.IO whoever is connected is subscribed. After a position, if there is one. */
static void subscribe(Connection *connection) {
  char start[160] = "{\"from\":\"live\"}";
  if (is_socket_io) return;
  if (connection->epoch[0] != 0)
    snprintf(start, sizeof start, "{\"from\":\"position\",\"position\":{\"epoch\":\"%s\",\"offset\":%llu,\"tag\":%llu}}", connection->epoch,
             (unsigned long long)connection->offset, (unsigned long long)connection->tag);
  send_text(connection, "{\"type\":\"subscribe\",\"id\":2,\"channel\":\"%s\",\"start\":%s}", channel, start);
  await_answer(connection, "\"type\":\"subscribed\"");
}

/* ---- figures */

typedef struct {
  uint32_t *micros;
  size_t count, room;
} Samples;

static void add_sample(Samples *samples, uint64_t micros) {
  if (samples->micros == NULL) samples->micros = malloc((samples->room = 1 << 24) * sizeof *samples->micros);
  if (samples->count < samples->room) samples->micros[samples->count++] = micros > UINT32_MAX ? UINT32_MAX : micros;
}

static int by_size(const void *one, const void *other) {
  uint32_t first = *(const uint32_t *)one, second = *(const uint32_t *)other;
  return (first > second) - (first < second);
}

/* Of samples that were sorted. */
static double quantile(const Samples *samples, double share) {
  return samples->count == 0 ? 0 : samples->micros[(size_t)(share * (samples->count - 1))];
}
