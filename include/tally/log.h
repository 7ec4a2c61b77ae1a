/* The program's log: one line an event, JSON or for people, to standard error. Any thread.
 * Says whether we or they are at fault (enum err_side); never holds bodies, keys or tokens. */
#ifndef TALLY_LOG_H
#define TALLY_LOG_H

#include <stdint.h>

#include "tally/err.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_form { LOG_FORM_HUMAN, LOG_FORM_JSON };

void log_init(enum log_form form, enum log_level least);

/* A field of a line. Build with the macros; values are borrowed for the call. */
struct log_field {
    const char *name;
    enum { LOG_FIELD_STR, LOG_FIELD_I64 } kind;
    const char *str;
    int64_t i64;
};
#define LOG_STR(field, value) ((struct log_field){(field), LOG_FIELD_STR, (value), 0})
#define LOG_I64(field, value) ((struct log_field){(field), LOG_FIELD_I64, NULL, (int64_t) (value)})

/* event is a short stable name: "sequencer.committed". */
void log_line(enum log_level level, const char *event, const struct log_field *fields, int count);
#define LOG_EVENT(level, event, ...)                                                                                       \
    log_line((level), (event), (struct log_field[]){__VA_ARGS__},                                                          \
             (int) (sizeof((struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field)))
#define LOG_INFO(event, ...) LOG_EVENT(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define LOG_WARN(event, ...) LOG_EVENT(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define LOG_ERROR(event, ...) LOG_EVENT(LOG_LEVEL_ERROR, event, __VA_ARGS__)
/* An error with its code, side and detail. */
void log_err(enum log_level level, const char *event, const struct err *err);

#endif
