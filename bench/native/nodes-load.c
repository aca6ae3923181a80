/*
 * The client of `npm run bench -- nodes`: many connections to several nodes; see channel-client.h.
 *
 *   nodes-load fanout --ports A,B --connections N [--stay M] [--in-flight K | --rate R] [--bytes S] [--warmup-ms N] [--window-ms N]
 *
 * N subscribers on all the nodes in turn or, with --stay, on the first node, and M on each other; one publisher, at the last node, has K
 * messages on their way at a time or publishes R a second. Ends with messageCount, publishCount, seconds, p50Micros, p99Micros, cpuMicros.
 *
 *   nodes-load leave --ports A,B --connections N --stay M --rate R [--channels C] [--spread-ms N] [--before-ms N] [--bytes S]
 *
 * N subscribers on the first node, M on each other, in C channels. Says "ready" and waits for a line, behind which the first node goes.
 * Whoever was on it comes back to another: after the time it was told or, untold, after one that is drawn up to --spread-ms, and goes on
 * after the last message it has. R messages a second are published all the time, each with its number: every subscriber must get every
 * number, once, in order. Ends when all of them have.
 *
 * Both: --pids P,Q whose CPU is told, --socket-io 1. The connections are made as they come: none waits for another.
 */
#include "channel-client.h"

enum { MOVER, STAYER, PUBLISHER };
enum { WAITING, DIALING, SHAKING, GREETING, SUBSCRIBING, LIVE };
#define MOST_NODES 16
#define MOST_CHANNELS 16384

typedef struct {
  Connection connection; /* in front: whoever has its address has this one's */
  int state, port, channel, is_away, is_told, has_left;
  uint64_t due_ns, last_number, target_number;
  char offset[64]; /* Socket.IO's own */
  char head[1024];
  int head_bytes;
} Client;

static struct {
  const char *pattern;
  int ports[MOST_NODES], pids[MOST_NODES], connections, stay, in_flight, rate, bytes, channels;
  long warmup_ms, window_ms, before_ms, spread_ms;
} options = {.in_flight = 1, .bytes = 100, .channels = 1, .warmup_ms = 1000, .window_ms = 3000, .before_ms = 4000, .spread_ms = 5000};

static Client *clients;
static int client_count, port_count, pid_count, is_measuring, is_gone, opening_count;
static char *filling;
static Samples samples;
static uint64_t published[MOST_CHANNELS], sent_count, acknowledged_count, event_count, done_count, left_ns, gone_ns, resumed_ns;
static uint64_t lost_count, doubled_count, gap_count, moved_count, behind_count, recovered_count, attempt_count;

static int is(const char *pattern) { return strcmp(options.pattern, pattern) == 0; }
static Client *publisher(void) { return &clients[client_count - 1]; }
static uint64_t drawn_ns(uint64_t most_ms) { return (uint64_t)(drand48() * most_ms * 1e6); }

/* ---- one message */

static void publish_next(void) {
  int index = sent_count++ % options.channels;
  unsigned long long at = now_ns() / 1000, number = ++published[index], id = 10 + sent_count;
  Connection *connection = &publisher()->connection;
  if (is_socket_io)
    send_text(connection, "42%llu[\"message\",{\"at\":%llu,\"number\":%llu,\"text\":\"%s\"}]", id, at, number, filling);
  else
    send_text(connection,
              "{\"type\":\"publish\",\"id\":%llu,\"channel\":\"bench/%d\",\"event\":\"message\",\"messageId\":\"%d-%llu\",\"data\":{"
              "\"at\":%llu,\"number\":%llu,\"text\":\"%s\"}}",
              id, index + 1, getpid(), id, at, number, filling);
}

static void come_up(Client *client) {
  if (!client->is_away || client->state != LIVE || client->last_number < client->target_number) return;
  client->is_away = 0;
  behind_count--;
  resumed_ns = now_ns();
}

static void keep_offset(Client *client) {
  char *end = strstr(client->connection.text, "\"},\"");
  if (end != NULL) sscanf(end + 4, "%63[^\"]", client->offset);
}

static void on_event(Connection *connection) {
  Client *client = (Client *)connection;
  if (connection->kind == PUBLISHER) return;
  uint64_t number = number_after(connection->text, "\"number\":");
  if (number == 0) fail("an event says %s", connection->text);
  if (is_socket_io) keep_offset(client);
  else {
    connection->offset = number_after(connection->text, "\"offset\":");
    connection->tag = number_after(connection->text, "\"tag\":");
  }
  if (number <= client->last_number) {
    doubled_count++;
    return;
  }
  lost_count += number - client->last_number - 1;
  client->last_number = number;
  event_count++;
  if (is_measuring && (is("fanout") || connection->kind == STAYER))
    add_sample(&samples, read_at_ns / 1000 - number_after(connection->text, "\"at\":"));
  come_up(client);
  if (!is("fanout") || options.rate > 0) return;
  for (; done_count < event_count / (client_count - 1); done_count++) publish_next();
}

/* ---- one connection, step by step */

static void set_watch(Client *client, uint32_t events, int operation) {
  struct epoll_event event = {.events = events, .data.ptr = client};
  if (epoll_ctl(poll_fd, operation, client->connection.fd, &event) != 0) fail("epoll: %s", strerror(errno));
}

static void retry_after(Client *client, uint64_t wait_ns) {
  if (client->state != LIVE && client->state != WAITING) opening_count--;
  if (client->connection.fd >= 0) close(client->connection.fd);
  client->connection.fd = -1;
  client->state = WAITING;
  client->due_ns = now_ns() + wait_ns;
}

/* The first node is gone for those who were on it. */
static void dial_next(Client *client) {
  Connection *connection = &client->connection;
  struct sockaddr_in address = {.sin_family = AF_INET};
  int one = 1;
  if (is_gone && client->port == 0 && port_count > 1) client->port = 1 + (int)(drand48() * (port_count - 1));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(options.ports[client->port]);
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (connection->fd < 0) fail("socket: %s", strerror(errno));
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  connection->head_bytes = client->head_bytes = 0;
  connection->answer[0] = 0;
  attempt_count += is_gone;
  opening_count++;
  client->state = DIALING;
  if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)
    return retry_after(client, 500000000 + drawn_ns(1000));
  set_watch(client, EPOLLOUT, EPOLL_CTL_ADD);
}

static void ask_upgrade(Client *client) {
  char text[1024];
  int fault = 0, count;
  socklen_t size = sizeof fault;
  getsockopt(client->connection.fd, SOL_SOCKET, SO_ERROR, &fault, &size);
  if (fault != 0) return retry_after(client, 500000000 + drawn_ns(1000));
  count = snprintf(text, sizeof text,
                   "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                   is_socket_io ? "/socket.io/?EIO=4&transport=websocket" : "/", options.ports[client->port],
                   is_socket_io ? "" : "Sec-WebSocket-Protocol: switchboard.v1+json\r\n");
  send_all(&client->connection, (uint8_t *)text, count);
  client->state = SHAKING;
  set_watch(client, EPOLLIN, EPOLL_CTL_MOD);
}

static void greet(Client *client) {
  Connection *connection = &client->connection;
  client->state = GREETING;
  if (!is_socket_io) send_text(connection, "{\"type\":\"auth\",\"id\":1,\"device\":\"%032x\"}", connection->number + 1);
  else if (connection->epoch[0] == 0) send_text(connection, "40");
  else send_text(connection, "40{\"pid\":\"%s\",\"offset\":\"%s\"}", connection->epoch, client->offset);
}

static void ask_subscription(Client *client) {
  Connection *connection = &client->connection;
  char start[160] = "{\"from\":\"live\"}";
  client->state = SUBSCRIBING;
  if (connection->epoch[0] != 0)
    snprintf(start, sizeof start, "{\"from\":\"position\",\"position\":{\"epoch\":\"%s\",\"offset\":%llu,\"tag\":%llu}}", connection->epoch,
             (unsigned long long)connection->offset, (unsigned long long)connection->tag);
  send_text(connection, "{\"type\":\"subscribe\",\"id\":2,\"channel\":\"bench/%d\",\"start\":%s}", client->channel + 1, start);
}

/* Who comes back has resumed when it has what was published before it was there again. */
static void go_live(Client *client) {
  client->state = LIVE;
  opening_count--;
  client->target_number = published[client->channel];
  come_up(client);
}

/* Socket.IO's private id of the session: the same again if it was recovered. */
static void take_session(Client *client) {
  Connection *connection = &client->connection;
  char id[32] = "", *found = strstr(connection->answer, "\"pid\":\"");
  if (found != NULL) sscanf(found + 7, "%31[^\"]", id);
  recovered_count += id[0] != 0 && strcmp(id, connection->epoch) == 0;
  strcpy(connection->epoch, id);
}

static void on_answer(Connection *connection) {
  Client *client = (Client *)connection;
  const char *text = connection->answer;
  if (strncmp(text, "{\"type\":\"error\"", 15) == 0 || strncmp(text, "44", 2) == 0) fail("the server says %s", text);
  if (strncmp(text, "{\"type\":\"gap\"", 13) == 0) gap_count++;
  if (strncmp(text, "{\"type\":\"ack\"", 13) == 0 || strncmp(text, "43", 2) == 0) acknowledged_count++;
  if (strncmp(text, "{\"type\":\"reconnect\"", 19) == 0) {
    client->is_told = 1;
    client->due_ns = now_ns() + number_after(text, "\"afterMs\":") * 1000000;
  }
  if (client->state == GREETING && strncmp(text, "40{", 3) == 0) take_session(client), go_live(client);
  else if (client->state == GREETING && strstr(text, "\"type\":\"authenticated\"") != NULL) {
    if (connection->kind == PUBLISHER) go_live(client);
    else ask_subscription(client);
  } else if (client->state == SUBSCRIBING && strstr(text, "\"type\":\"subscribed\"") != NULL) go_live(client);
}

static void leave(Client *client) {
  if (client->connection.kind != MOVER || (client->state == LIVE && !is_gone)) fail("a connection ended: %s", client->connection.answer);
  if (client->state == LIVE && !client->has_left) {
    client->is_away = client->has_left = 1;
    moved_count++;
    left_ns = now_ns();
    uint64_t due = client->due_ns, now = left_ns;
    return retry_after(client, client->is_told ? (due > now ? due - now : 0) : drawn_ns(options.spread_ms));
  }
  if (client->state == LIVE) fail("a connection ended a second time: %s", client->connection.answer);
  retry_after(client, 500000000 + drawn_ns(1000));
}

static void read_head(Client *client) {
  ssize_t count = recv(client->connection.fd, client->head + client->head_bytes, sizeof client->head - 1 - client->head_bytes, 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) return leave(client);
  client->head[client->head_bytes += count] = 0;
  char *end = strstr(client->head, "\r\n\r\n");
  if (end == NULL) return;
  if (strncmp(client->head, "HTTP/1.1 101", 12) != 0) return leave(client); /* full, or on its way out */
  greet(client);
  size_t rest = client->head + client->head_bytes - (end + 4);
  read_at_ns = now_ns();
  if (rest > 0 && !take_bytes(&client->connection, (uint8_t *)end + 4, rest)) leave(client);
}

static void advance(Client *client) {
  if (client->state == DIALING) ask_upgrade(client);
  else if (client->state == SHAKING) read_head(client);
  else if (!read_some(&client->connection)) leave(client);
}

/* ---- all of them */

static void dial_those_due(void) {
  static uint64_t looked_at;
  uint64_t now = now_ns();
  if (now - looked_at < 2000000) return;
  looked_at = now;
  for (int index = 0; index < client_count; index++) {
    /* At the start they come as fast as they are let in; afterwards each at its own time. */
    if (!is_gone && opening_count >= 64) break;
    if (clients[index].state == WAITING && clients[index].due_ns <= now) dial_next(&clients[index]);
  }
}

static void turn(void) {
  struct epoll_event events[512];
  dial_those_due();
  int count = epoll_wait(poll_fd, events, 512, 1);
  for (int index = 0; index < count; index++) advance(events[index].data.ptr);
}

static void run_for(long duration_ms) {
  static uint64_t started, before;
  uint64_t now = now_ns(), end = now + duration_ms * 1000000ull;
  if (started == 0) started = now, before = sent_count;
  for (; now < end; now = now_ns()) {
    /* What is not acknowledged waits: a server that cannot keep up is not to be buried. */
    while (options.rate > 0 && sent_count - before < (now - started) * options.rate / 1000000000 && sent_count - acknowledged_count < 200)
      publish_next();
    turn();
  }
}

static double take_quantile(double share) {
  qsort(samples.micros, samples.count, sizeof *samples.micros, by_size);
  return quantile(&samples, share);
}

static void read_cpu(double *micros) {
  for (int index = 0; index < pid_count; index++) micros[index] = options.pids[index] == 0 ? 0 : cpu_micros(options.pids[index]);
}

static void print_cpu(const double *before, const double *after) {
  printf("\"cpuMicros\":[");
  for (int index = 0; index < pid_count; index++) printf("%s%.0f", index == 0 ? "" : ",", after[index] - before[index]);
  printf("]}\n");
}

static void open_all(void) {
  client_count = options.connections + options.stay * (port_count - 1) + 1;
  raise_limit(client_count);
  clients = calloc(client_count, sizeof *clients);
  for (int index = 0; index < client_count; index++) {
    Client *client = &clients[index];
    int staying = index - options.connections;
    client->connection.number = index;
    client->connection.fd = -1;
    client->connection.kind = index == client_count - 1 ? PUBLISHER : staying < 0 && is("leave") ? MOVER : STAYER;
    client->channel = index % options.channels;
    client->port = client->connection.kind == PUBLISHER ? port_count - 1 : staying >= 0 ? 1 + staying / options.stay
                   : options.stay > 0 || is("leave") ? 0 : index % port_count;
  }
  uint64_t started = now_ns();
  for (int live = 0; live < client_count;) {
    if (now_ns() - started > 120000000000ull) fail("only %d of %d connections are open", live, client_count);
    turn();
    live = 0;
    for (int index = 0; index < client_count; index++) live += clients[index].state == LIVE;
  }
}

static void fan_out(void) {
  double before[MOST_NODES], after[MOST_NODES];
  if (options.rate == 0)
    for (int index = 0; index < options.in_flight; index++) publish_next();
  run_for(options.warmup_ms);
  uint64_t events = event_count, sent = sent_count, started = now_ns();
  read_cpu(before);
  is_measuring = 1;
  run_for(options.window_ms);
  read_cpu(after);
  double seconds = (now_ns() - started) / 1e9, p99 = take_quantile(0.99);
  printf("{\"messageCount\":%llu,\"publishCount\":%llu,\"seconds\":%.6f,\"p50Micros\":%.0f,\"p99Micros\":%.0f,\"lostCount\":%llu,"
         "\"doubledCount\":%llu,",
         (unsigned long long)(event_count - events), (unsigned long long)(sent_count - sent), seconds, quantile(&samples, 0.5), p99,
         (unsigned long long)lost_count, (unsigned long long)doubled_count);
  print_cpu(before, after);
}

/* Whether everybody has everything; who has not after this has lost it. */
static void settle(void) {
  uint64_t started = now_ns();
  int behind = 1;
  while (behind > 0 && now_ns() - started < 20000000000ull) {
    turn();
    behind = acknowledged_count < sent_count;
    for (int index = 0; index < client_count - 1; index++) behind += clients[index].last_number < published[clients[index].channel];
  }
  for (int index = 0; index < client_count - 1; index++) lost_count += published[clients[index].channel] - clients[index].last_number;
}

static void see_it_go(void) {
  double before[MOST_NODES], after[MOST_NODES];
  char byte;
  is_measuring = 1;
  run_for(options.before_ms);
  double p99_before = take_quantile(0.99);
  samples.count = 0;
  behind_count = options.connections;
  printf("ready\n");
  fflush(stdout);
  is_gone = 1;
  for (struct pollfd wanted = {.fd = 0, .events = POLLIN}; poll(&wanted, 1, 0) == 0;) run_for(1);
  if (read(0, &byte, 1) != 1) return;
  gone_ns = now_ns();
  uint64_t events = event_count, sent = sent_count;
  read_cpu(before);
  while (behind_count > 0 && now_ns() - gone_ns < 90000000000ull) run_for(5);
  read_cpu(after);
  uint64_t delivered = event_count - events, sent_meanwhile = sent_count - sent;
  double p99_during = take_quantile(0.99);
  run_for(options.spread_ms / 5);
  settle();
  printf("{\"leftMs\":%.0f,\"resumedMs\":%.0f,\"movedCount\":%llu,\"awayCount\":%llu,\"recoveredCount\":%llu,\"attemptCount\":%llu,"
         "\"publishedCount\":%llu,\"meanwhile\":{\"publishCount\":%llu,\"messageCount\":%llu},\"lostCount\":%llu,\"doubledCount\":%llu,\"gapCount\":%llu,"
         "\"p99BeforeMicros\":%.0f,\"p99DuringMicros\":%.0f,",
         (left_ns - gone_ns) / 1e6, (resumed_ns - gone_ns) / 1e6, (unsigned long long)moved_count, (unsigned long long)behind_count,
         (unsigned long long)recovered_count, (unsigned long long)attempt_count, (unsigned long long)sent_count,
         (unsigned long long)sent_meanwhile, (unsigned long long)delivered, (unsigned long long)lost_count, (unsigned long long)doubled_count,
         (unsigned long long)gap_count, p99_before, p99_during);
  print_cpu(before, after);
}

static int read_list(const char *value, int *list) {
  int count = 0;
  for (char *at = (char *)value; count < MOST_NODES && *at != 0; at += *at == ',') list[count++] = strtol(at, &at, 10);
  return count;
}

static void read_option(const char *name, const char *value) {
  if (strcmp(name, "--ports") == 0) port_count = read_list(value, options.ports);
  else if (strcmp(name, "--pids") == 0) pid_count = read_list(value, options.pids);
  else if (strcmp(name, "--socket-io") == 0) is_socket_io = atoi(value);
  else if (strcmp(name, "--connections") == 0) options.connections = atoi(value);
  else if (strcmp(name, "--stay") == 0) options.stay = atoi(value);
  else if (strcmp(name, "--channels") == 0) options.channels = atoi(value);
  else if (strcmp(name, "--in-flight") == 0) options.in_flight = atoi(value);
  else if (strcmp(name, "--rate") == 0) options.rate = atoi(value);
  else if (strcmp(name, "--bytes") == 0) options.bytes = atoi(value);
  else if (strcmp(name, "--warmup-ms") == 0) options.warmup_ms = atol(value);
  else if (strcmp(name, "--window-ms") == 0) options.window_ms = atol(value);
  else if (strcmp(name, "--before-ms") == 0) options.before_ms = atol(value);
  else if (strcmp(name, "--spread-ms") == 0) options.spread_ms = atol(value);
  else fail("there is no option %s", name);
}

int main(int count, char **arguments) {
  if (count < 2 || count % 2 != 0) fail("give a pattern and pairs of --option value");
  options.pattern = arguments[1];
  for (int index = 2; index < count; index += 2) read_option(arguments[index], arguments[index + 1]);
  if (!is("fanout") && !is("leave")) fail("there is no %s", options.pattern);
  if (port_count < 1 || options.connections < 1 || options.in_flight < 1 || options.bytes < 1 || options.channels < 1) fail("a number is too small");
  if (is("leave") && (port_count < 2 || options.rate < 1)) fail("nobody can leave: give two --ports and a --rate");
  if (options.channels > MOST_CHANNELS) fail("there is room for %d channels", MOST_CHANNELS);
  srand48(getpid());
  filling = malloc(options.bytes + 1);
  memset(filling, 's', options.bytes);
  filling[options.bytes] = 0;
  poll_fd = epoll_create1(EPOLL_CLOEXEC);
  open_all();
  if (is("fanout")) fan_out();
  else see_it_go();
  return 0;
}
