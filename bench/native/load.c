/*
 * The neutral client of the bench: one thread, epoll, no library. It knows RFC 6455 and nothing of any server.
 *
 *   load <pattern> --port N [--connections N] [--in-flight K] [--bytes S] [--kind ascii|non-ascii|binary|json] [--deflate 1]
 *                  [--warmup-ms N] [--window-ms N] [--pid N]
 *
 *   echo     each connection keeps K messages of its own on their way
 *   latency  the same with one connection and one message, timing each
 *   fanout   one publisher on /pub keeps K messages on their way to all subscribers on /sub
 *   idle     opens the connections, has one message echoed on each, says "open N", and holds them until its input ends
 *
 * Ends with one line of JSON: messageCount, seconds, cpuMicros (utime + stime of --pid over the window, from /proc), p50Micros,
 * p99Micros. The first message of every connection is compared to the byte, unless compressed; control frames are passed over.
 * Any other surprise ends it with 1 and a sentence.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
#define MAX_SAMPLES 4000000

typedef struct {
  int fd;
  int is_checked;
  uint8_t head[14]; /* of the frame that is being read */
  int head_bytes;
  uint64_t rest_bytes, at; /* of its payload */
  uint64_t pending_bytes, frame_at; /* to be written; where in the frame the next byte is */
} Connection;

static struct {
  const char *pattern, *kind;
  int port, connections, in_flight, deflate, pid;
  long bytes, warmup_ms, window_ms;
} options = {.kind = "ascii", .connections = 1, .in_flight = 1, .bytes = 64, .warmup_ms = 500, .window_ms = 1000};

static Connection *connections, *publisher;
static int poll_fd, connection_count;
static uint8_t *frames, *payload, *read_buffer;
static uint64_t frame_bytes, message_count, done_count;
static uint64_t sent_at;
static uint32_t *samples;
static size_t sample_count;
static int is_measuring;

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

/* utime and stime, fields 14 and 15 of proc(5)'s stat; the name in field 2 may hold spaces. */
static double cpu_micros(void) {
  char path[64], text[2048];
  unsigned long long user, system;
  if (options.pid == 0) return 0;
  snprintf(path, sizeof path, "/proc/%d/stat", options.pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) fail("there is no process %d", options.pid);
  size_t count = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[count] = 0;
  char *after = strrchr(text, ')');
  if (after == NULL || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2)
    fail("%s is not understood", path);
  return (double)(user + system) * 1e6 / sysconf(_SC_CLK_TCK);
}

/* ---- what is sent ---- */

/* Orders, as an exchange would send them: as repetitive as JSON is, and no more. */
static void fill_json(void) {
  uint32_t seed = 7;
  long at = 0;
  memset(payload, ' ', options.bytes);
  while (at < options.bytes) {
    char order[96];
    uint32_t values[3];
    for (int index = 0; index < 3; index++) values[index] = seed = seed * 48271u & 0x7fffffffu;
    int count = snprintf(order, sizeof order, "%s{\"id\":%u,\"side\":\"%s\",\"price\":%u}", at == 0 ? "[" : ",", values[0],
                         values[1] >> 16 & 1 ? "buy" : "sell", values[2] % 1000000);
    if (at + count + 1 > options.bytes) break;
    memcpy(payload + at, order, count);
    at += count;
  }
  if (at < options.bytes) payload[at] = ']';
}

static void fill_payload(void) {
  static const uint8_t binary[] = {0, 255, 1, 254};
  const char *text = strcmp(options.kind, "non-ascii") == 0 ? "a\u00e9\u00f1\u4e2d" : "switchboard ";
  int is_binary = strcmp(options.kind, "binary") == 0;
  size_t count = is_binary ? sizeof binary : strlen(text);
  payload = malloc(options.bytes + 1);
  if (strcmp(options.kind, "json") == 0) return fill_json();
  for (long index = 0; index < options.bytes; index++)
    payload[index] = is_binary ? binary[index % count] : (uint8_t)text[index % count];
}

/* As many masked frames in a row as may be sent at once, so that one write sends them. */
static void make_frames(void) {
  static const uint8_t key[] = {0x37, 0xfa, 0x21, 0x3d};
  uint8_t head[14] = {strcmp(options.kind, "binary") == 0 ? 0x82 : 0x81};
  int count = options.bytes < 126 ? 2 : options.bytes < 65536 ? 4 : 10;
  fill_payload();
  head[1] = 0x80 | (count == 2 ? options.bytes : count == 4 ? 126 : 127);
  for (int index = 2; index < count; index++) head[index] = (uint64_t)options.bytes >> 8 * (count - 1 - index);
  memcpy(head + count, key, 4);
  count += 4;
  frame_bytes = count + options.bytes;
  frames = malloc(frame_bytes * options.in_flight);
  memcpy(frames, head, count);
  for (long index = 0; index < options.bytes; index++) frames[count + index] = payload[index] ^ key[index % 4];
  for (int index = 1; index < options.in_flight; index++) memcpy(frames + frame_bytes * index, frames, frame_bytes);
}

/* ---- one connection ---- */

static void watch(Connection *connection, int operation, int also) {
  struct epoll_event event = {.events = EPOLLIN | also, .data.ptr = connection};
  if (epoll_ctl(poll_fd, operation, connection->fd, &event) != 0) fail("epoll: %s", strerror(errno));
}

static void flush(Connection *connection) {
  while (connection->pending_bytes > 0) {
    uint64_t ready = frame_bytes * options.in_flight - connection->frame_at;
    if (ready > connection->pending_bytes) ready = connection->pending_bytes;
    ssize_t count = send(connection->fd, frames + connection->frame_at, ready, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) return watch(connection, EPOLL_CTL_MOD, EPOLLOUT);
    if (count < 0) fail("a write failed: %s", strerror(errno));
    connection->pending_bytes -= count;
    connection->frame_at = (connection->frame_at + count) % frame_bytes;
  }
}

static void send_messages(Connection *connection, uint64_t count) {
  connection->pending_bytes += count * frame_bytes;
  sent_at = now_ns();
  flush(connection);
}

/* A blocking handshake; the connection is made non-blocking after it. */
static void open_connection(Connection *connection, const char *path) {
  char text[4096];
  int one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(options.port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  *connection = (Connection){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (connection->fd < 0) fail("socket %d: %s", connection_count, strerror(errno));
  if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect: %s", strerror(errno));
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  int count = snprintf(text, sizeof text,
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                       path, options.port, options.deflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "");
  if (send(connection->fd, text, count, MSG_NOSIGNAL) != count) fail("the request is not taken");
  size_t length = 0;
  do {
    /* Byte by byte: what follows the head is the reader of frames' to take. */
    ssize_t more = recv(connection->fd, text + length, 1, 0);
    if (more <= 0 || length + 2 > sizeof text) fail("the handshake ended after %zu bytes", length);
    length += more;
    text[length] = 0;
  } while (length < 4 || memcmp(text + length - 4, "\r\n\r\n", 4) != 0);
  if (strstr(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == NULL) fail("refused: %s", text);
  if (options.deflate && strstr(text, "permessage-deflate") == NULL) fail("compression is declined: %s", text);
  fcntl(connection->fd, F_SETFL, O_NONBLOCK);
  watch(connection, EPOLL_CTL_ADD, 0);
  connection_count++;
}

/* How long the head of the frame is, of which at least two bytes are there; a masked one is a bare socket's echo. */
static int head_length(const uint8_t *head) {
  int length = head[1] & 127;
  return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (head[1] & 128 ? 4 : 0);
}

static void begin_payload(Connection *connection) {
  const uint8_t *head = connection->head;
  int length = head[1] & 127, count = length == 126 ? 2 : length == 127 ? 8 : 0;
  int opcode = head[0] & 15;
  connection->rest_bytes = count == 0 ? length : 0;
  connection->at = 0;
  for (int index = 0; index < count; index++) connection->rest_bytes = connection->rest_bytes << 8 | head[2 + index];
  if (opcode == 8) fail("the server closed a connection");
  if (opcode > 2) return;
  if (options.deflate ? connection->rest_bytes >= (uint64_t)options.bytes : connection->rest_bytes > (uint64_t)options.bytes)
    fail("a frame of %llu bytes came", (unsigned long long)connection->rest_bytes);
  if (options.deflate && !connection->is_checked && head[0] != 0xc1) fail("a frame begins with %d", head[0]);
}

static void check(Connection *connection, const uint8_t *bytes, uint64_t count) {
  int is_masked = connection->head[1] & 128;
  const uint8_t *key = connection->head + connection->head_bytes - 4;
  if (connection->at + count > (uint64_t)options.bytes) fail("more came than was sent");
  for (uint64_t index = 0; index < count; index++) {
    uint64_t at = connection->at + index;
    if ((bytes[index] ^ (is_masked ? key[at % 4] : 0)) != payload[at]) fail("byte %llu differs", (unsigned long long)at);
  }
}

/* How many messages these bytes completed. */
static uint64_t take_bytes(Connection *connection, const uint8_t *bytes, size_t count) {
  uint64_t messages = 0;
  size_t at = 0;
  for (;;) {
    int needed = connection->head_bytes < 2 ? 2 : head_length(connection->head);
    if (connection->head_bytes < needed) {
      if (at == count) return messages;
      connection->head[connection->head_bytes++] = bytes[at++];
      needed = connection->head_bytes < 2 ? 2 : head_length(connection->head);
      if (connection->head_bytes == needed) begin_payload(connection);
      continue;
    }
    int is_data = (connection->head[0] & 15) <= 2;
    uint64_t part = count - at < connection->rest_bytes ? count - at : connection->rest_bytes;
    if (is_data && !connection->is_checked && !options.deflate) check(connection, bytes + at, part);
    at += part;
    connection->at += part;
    connection->rest_bytes -= part;
    if (connection->rest_bytes > 0) return messages;
    if (is_data && connection->head[0] & 128) messages++, connection->is_checked = 1;
    connection->head_bytes = 0;
  }
}

/* ---- the patterns ---- */

static void on_messages(Connection *connection, uint64_t count) {
  message_count += count;
  if (strcmp(options.pattern, "idle") == 0) return;
  if (publisher != NULL) {
    uint64_t complete = message_count / options.connections;
    if (complete > done_count) send_messages(publisher, complete - done_count);
    done_count = complete;
    return;
  }
  if (samples != NULL && is_measuring && sample_count < MAX_SAMPLES) samples[sample_count++] = now_ns() - sent_at;
  send_messages(connection, count);
}

static void turn(int timeout_ms) {
  struct epoll_event events[512];
  int count = epoll_wait(poll_fd, events, 512, timeout_ms);
  for (int index = 0; index < count; index++) {
    Connection *connection = events[index].data.ptr;
    if (events[index].events & EPOLLOUT) {
      watch(connection, EPOLL_CTL_MOD, 0);
      flush(connection);
    }
    if (!(events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
    ssize_t length = recv(connection->fd, read_buffer, READ_BYTES, 0);
    if (length < 0 && errno == EAGAIN) continue;
    if (length <= 0) fail("a connection ended: %s", length == 0 ? "end of file" : strerror(errno));
    uint64_t messages = take_bytes(connection, read_buffer, length);
    if (messages > 0) on_messages(connection, messages);
  }
}

static void run_for(long duration_ms) {
  uint64_t end = now_ns() + duration_ms * 1000000ull;
  for (uint64_t now = now_ns(); now < end; now = now_ns()) turn((end - now) / 1000000 + 1);
}

static void hold(void) {
  uint64_t end = now_ns() + 60000000000ull;
  for (int index = 0; index < options.connections; index++) {
    send_messages(&connections[index], 1);
    while (message_count < (uint64_t)index + 1 && now_ns() < end) turn(1000);
  }
  if (message_count < (uint64_t)options.connections) fail("only %llu messages came back", (unsigned long long)message_count);
  printf("open %d\n", options.connections);
  fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) continue;
}

static int by_size(const void *one, const void *other) {
  uint32_t first = *(const uint32_t *)one, second = *(const uint32_t *)other;
  return (first > second) - (first < second);
}

static double quantile_micros(double share) {
  return sample_count == 0 ? 0 : samples[(size_t)(share * (sample_count - 1))] / 1000.0;
}

static void measure(void) {
  run_for(options.warmup_ms);
  uint64_t count_before = message_count, started = now_ns();
  double cpu_before = cpu_micros();
  is_measuring = 1;
  run_for(options.window_ms);
  double cpu = cpu_micros() - cpu_before, seconds = (now_ns() - started) / 1e9;
  if (samples != NULL) qsort(samples, sample_count, sizeof *samples, by_size);
  printf("{\"messageCount\":%llu,\"seconds\":%.6f,\"cpuMicros\":%.0f,\"p50Micros\":%.2f,\"p99Micros\":%.2f}\n",
         (unsigned long long)(message_count - count_before), seconds, cpu, quantile_micros(0.5), quantile_micros(0.99));
}

static void read_option(const char *name, const char *value) {
  if (strcmp(name, "--port") == 0) options.port = atoi(value);
  else if (strcmp(name, "--connections") == 0) options.connections = atoi(value);
  else if (strcmp(name, "--in-flight") == 0) options.in_flight = atoi(value);
  else if (strcmp(name, "--bytes") == 0) options.bytes = atol(value);
  else if (strcmp(name, "--kind") == 0) options.kind = value;
  else if (strcmp(name, "--deflate") == 0) options.deflate = atoi(value);
  else if (strcmp(name, "--warmup-ms") == 0) options.warmup_ms = atol(value);
  else if (strcmp(name, "--window-ms") == 0) options.window_ms = atol(value);
  else if (strcmp(name, "--pid") == 0) options.pid = atoi(value);
  else fail("there is no option %s", name);
}

/* Every connection is a descriptor: as many as the system lets us have. */
static void raise_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if ((rlim_t)options.connections + 16 > limit.rlim_cur)
    fail("%d connections are more than the limit of %llu descriptors", options.connections, (unsigned long long)limit.rlim_cur);
}

int main(int count, char **arguments) {
  if (count < 2 || count % 2 != 0) fail("give a pattern and pairs of --option value");
  options.pattern = arguments[1];
  for (int index = 2; index < count; index += 2) read_option(arguments[index], arguments[index + 1]);
  int is_fanout = strcmp(options.pattern, "fanout") == 0, is_idle = strcmp(options.pattern, "idle") == 0;
  int is_latency = strcmp(options.pattern, "latency") == 0;
  if (!is_fanout && !is_idle && !is_latency && strcmp(options.pattern, "echo") != 0) fail("there is no %s", options.pattern);
  if (options.port < 1 || options.connections < 1 || options.in_flight < 1 || options.bytes < 1) fail("a number is too small");
  raise_limit();
  make_frames();
  read_buffer = malloc(READ_BYTES);
  connections = calloc(options.connections + 1, sizeof *connections);
  poll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (is_latency) samples = malloc(MAX_SAMPLES * sizeof *samples);
  for (int index = 0; index < options.connections; index++) open_connection(&connections[index], is_fanout ? "/sub" : "/");
  if (is_fanout) open_connection(publisher = &connections[options.connections], "/pub");
  if (is_idle) return hold(), 0;
  for (int index = 0; index < (is_fanout ? 1 : options.connections); index++)
    send_messages(is_fanout ? publisher : &connections[index], options.in_flight);
  measure();
  return 0;
}
