/*
 * The ceiling of the bench: one thread, epoll, no library, no limits, no care for a broken peer. `echo-server` says where it
 * listens; a message on /pub goes to every connection on /sub, any other comes back. All frames of one read leave in one write.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES (1 << 18)

typedef struct Line {
  int fd;
  enum { HANDSHAKE, ECHO, PUBLISHER, SUBSCRIBER } role;
  size_t subscriber_index;
  uint8_t *in, *out; /* what is not yet a whole frame; what the kernel did not take */
  size_t in_bytes, in_room, out_bytes, out_room;
} Line;

static int poll_fd;
static Line **subscribers;
static size_t subscriber_count, subscriber_room;
static uint8_t read_buffer[READ_BYTES];

static void *grow(void *old, size_t *room, size_t needed, size_t unit) {
  if (needed <= *room) return old;
  *room = needed * 2;
  return realloc(old, *room * unit);
}

/* ---- the handshake ---- */

static uint32_t rotate(uint32_t value, int count) { return value << count | value >> (32 - count); }

/* SHA-1 of fewer than 119 bytes (FIPS 180-4). */
static void sha1(const uint8_t *bytes, size_t count, uint8_t digest[20]) {
  uint32_t hash[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  uint8_t padded[128] = {0};
  size_t total = count + 9 <= 64 ? 64 : 128;
  memcpy(padded, bytes, count);
  padded[count] = 0x80;
  for (int index = 0; index < 4; index++) padded[total - 1 - index] = count * 8 >> 8 * index;
  for (size_t start = 0; start < total; start += 64) {
    uint32_t word[80], a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4];
    for (int index = 0; index < 16; index++) {
      const uint8_t *at = padded + start + 4 * index;
      word[index] = (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
    }
    for (int i = 16; i < 80; i++) word[i] = rotate(word[i - 3] ^ word[i - 8] ^ word[i - 14] ^ word[i - 16], 1);
    for (int i = 0; i < 80; i++) {
      uint32_t mix = i < 20   ? (b & c | ~b & d) + 0x5a827999
                     : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                     : i < 60 ? (b & c | b & d | c & d) + 0x8f1bbcdc
                              : (b ^ c ^ d) + 0xca62c1d6;
      uint32_t next = rotate(a, 5) + mix + e + word[i];
      e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    hash[0] += a, hash[1] += b, hash[2] += c, hash[3] += d, hash[4] += e;
  }
  for (int index = 0; index < 20; index++) digest[index] = hash[index / 4] >> (24 - 8 * (index % 4));
}

static void accept_value(const char *key, char text[29]) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint8_t digest[21] = {0};
  char joined[64];
  snprintf(joined, sizeof joined, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
  sha1((uint8_t *)joined, strlen(joined), digest);
  for (int index = 0; index < 7; index++) {
    uint32_t three = digest[3 * index] << 16 | digest[3 * index + 1] << 8 | digest[3 * index + 2];
    for (int digit = 0; digit < 4; digit++) text[4 * index + digit] = digits[three >> (18 - 6 * digit) & 63];
  }
  text[27] = '=';
  text[28] = 0;
}

/* ---- lines ---- */

static void destroy(Line *line) {
  if (line->role == SUBSCRIBER) {
    Line *last = subscribers[--subscriber_count];
    subscribers[last->subscriber_index = line->subscriber_index] = last;
  }
  close(line->fd);
  free(line->in);
  free(line->out);
  free(line);
}

static void watch(Line *line, int operation, int also) {
  struct epoll_event event = {.events = EPOLLIN | also, .data.ptr = line};
  epoll_ctl(poll_fd, operation, line->fd, &event);
}

/* A failed write is left to the read that follows it. */
static void send_bytes(Line *line, const uint8_t *bytes, size_t count) {
  if (line->out_bytes == 0) {
    ssize_t sent = send(line->fd, bytes, count, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return;
    if (sent > 0) bytes += sent, count -= sent;
    if (count == 0) return;
    watch(line, EPOLL_CTL_MOD, EPOLLOUT);
  }
  line->out = grow(line->out, &line->out_room, line->out_bytes + count, 1);
  memcpy(line->out + line->out_bytes, bytes, count);
  line->out_bytes += count;
}

static void flush(Line *line) {
  ssize_t sent = send(line->fd, line->out, line->out_bytes, MSG_NOSIGNAL);
  if (sent <= 0) return;
  memmove(line->out, line->out + sent, line->out_bytes -= sent);
  if (line->out_bytes == 0) watch(line, EPOLL_CTL_MOD, 0);
}

static size_t shake_hands(Line *line, uint8_t *bytes, size_t count) {
  char accept[29], text[256];
  uint8_t *end = memmem(bytes, count, "\r\n\r\n", 4);
  if (end == NULL) return 0;
  *end = 0;
  char *key = strcasestr((char *)bytes, "sec-websocket-key:");
  if (key == NULL) return end + 4 - bytes;
  key += strlen("sec-websocket-key:");
  accept_value(key + strspn(key, " "), accept);
  int length = snprintf(text, sizeof text,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
  line->role = memcmp(bytes, "GET /pub ", 9) == 0 ? PUBLISHER : memcmp(bytes, "GET /sub ", 9) == 0 ? SUBSCRIBER : ECHO;
  if (line->role == SUBSCRIBER) {
    subscribers = grow(subscribers, &subscriber_room, subscriber_count + 1, sizeof *subscribers);
    subscribers[line->subscriber_index = subscriber_count++] = line;
  }
  send_bytes(line, (uint8_t *)text, length);
  return end + 4 - bytes;
}

static void unmask(uint8_t *to, const uint8_t *from, size_t count, const uint8_t key[4]) {
  uint64_t wide, word;
  size_t index = 0;
  memcpy(&wide, key, 4);
  memcpy((uint8_t *)&wide + 4, key, 4);
  for (; index + 8 <= count; index += 8) {
    memcpy(&word, from + index, 8);
    word ^= wide;
    memcpy(to + index, &word, 8);
  }
  for (; index < count; index++) to[index] = from[index] ^ key[index & 3];
}

/*
 * Answers every whole frame; returns how many bytes were used. An answer is 4 bytes shorter than its frame, so all of them are
 * written over what has been read.
 */
static size_t take_frames(Line *line, uint8_t *bytes, size_t count) {
  size_t at = 0, made = 0;
  for (;;) {
    uint8_t *frame = bytes + at, key[4];
    if (count - at < 6) break;
    size_t length = frame[1] & 127, head = length == 126 ? 4 : length == 127 ? 10 : 2;
    if (count - at < head + 4) break;
    if (head > 2) length = 0;
    for (size_t index = 2; index < head; index++) length = length << 8 | frame[index];
    if (count - at - head - 4 < length) break;
    memcpy(key, frame + head, 4);
    memmove(bytes + made, frame, head);
    bytes[made + 1] &= 127;
    unmask(bytes + made + head, frame + head + 4, length, key);
    made += head + length;
    at += head + 4 + length;
  }
  if (made > 0 && line->role != PUBLISHER) send_bytes(line, bytes, made);
  if (made > 0 && line->role == PUBLISHER)
    for (size_t index = 0; index < subscriber_count; index++) send_bytes(subscribers[index], bytes, made);
  return at;
}

static size_t take(Line *line, uint8_t *bytes, size_t count) {
  size_t used = line->role == HANDSHAKE ? shake_hands(line, bytes, count) : 0;
  return line->role == HANDSHAKE ? used : used + take_frames(line, bytes + used, count - used);
}

static void receive(Line *line) {
  ssize_t count = recv(line->fd, read_buffer, READ_BYTES, 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) return destroy(line);
  if (line->in_bytes == 0) {
    size_t used = take(line, read_buffer, count);
    if (used == (size_t)count) return;
    line->in = grow(line->in, &line->in_room, count - used, 1);
    memcpy(line->in, read_buffer + used, line->in_bytes = count - used);
    return;
  }
  line->in = grow(line->in, &line->in_room, line->in_bytes + count, 1);
  memcpy(line->in + line->in_bytes, read_buffer, count);
  line->in_bytes += count;
  size_t used = take(line, line->in, line->in_bytes);
  memmove(line->in, line->in + used, line->in_bytes -= used);
}

static void accept_line(int listener) {
  int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  Line *line = calloc(1, sizeof *line);
  line->fd = fd;
  watch(line, EPOLL_CTL_ADD, 0);
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  struct rlimit limit;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1024) != 0) return perror("listen"), 1;
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("Listening on %d\n", ntohs(address.sin_port));
  fflush(stdout);
  poll_fd = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    struct epoll_event events[512];
    int count = epoll_wait(poll_fd, events, 512, -1);
    for (int index = 0; index < count; index++) {
      Line *line = events[index].data.ptr;
      if (line == NULL) accept_line(listener);
      else {
        if (events[index].events & EPOLLOUT) flush(line);
        if (events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(line);
      }
    }
  }
}
