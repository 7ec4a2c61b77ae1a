/* The payoff curve as SVG: one line for each payer's total, broken where the amount jumps. Numbers here are only drawn. */
#include <math.h>
#include <stdlib.h>

#include "tally/instant.h"
#include "terms_simulate.h"

#define WIDTH 860
#define HEIGHT 480
#define LEFT 120 /* of the plot: room for 1,000,000,000.00 */
#define RIGHT 840
#define TOP 60
#define BOTTOM 410
#define TICKS 5 /* about so many marks on each axis */
#define LEGEND_STEP 20
#define TEXT_MAX_SHOWN 90

struct scale {
    double low, high;
};

static const char *const colours[] = {"#1f5a99", "#b3421f", "#2f7d32", "#6a3d9a", "#8a6d00", "#00707a"};
#define COLOURS (sizeof colours / sizeof colours[0])

static double number_of(struct slice text)
{
    char digits[80];
    (void) snprintf(digits, sizeof digits, "%.*s", SLICE_ARG(text));
    return strtod(digits, NULL);
}

static double x_of(const struct simulation *s, int64_t at)
{
    return LEFT + (RIGHT - LEFT) * ((double) (at - s->from) / (double) (s->to - s->from));
}

static double y_of(const struct scale *y, double amount)
{
    return BOTTOM - (BOTTOM - TOP) * ((amount - y->low) / (y->high - y->low));
}

/* Text of others, as XML wants it; what is very long is cut. */
static void add_text(struct buf *out, struct slice text)
{
    if (text.len > TEXT_MAX_SHOWN)
        for (text.len = TEXT_MAX_SHOWN; ((unsigned char) text.ptr[text.len] & 0xc0) == 0x80;)
            text.len--; /* no half of a character */
    for (size_t i = 0; i < text.len; i++)
        switch (text.ptr[i]) {
        case '<':
            buf_add_str(out, "&lt;");
            break;
        case '>':
            buf_add_str(out, "&gt;");
            break;
        case '&':
            buf_add_str(out, "&amp;");
            break;
        case '"':
            buf_add_str(out, "&quot;");
            break;
        default:
            buf_add_char(out, text.ptr[i]);
            break;
        }
}

/* A round step: 1, 2 or 5 times a power of ten. */
static double nice_step(double span)
{
    double rough = span / TICKS, power = pow(10, floor(log10(rough))), part = rough / power;
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

/* 1200000 as 1,200,000; with as many places as the step needs. */
static void add_number(struct buf *out, double value, double step)
{
    char digits[64];
    int places = step >= 1 ? 0 : (int) ceil(-log10(step) - 1e-9);
    int len = snprintf(digits, sizeof digits, "%.*f", places > 12 ? 12 : places, value);
    int whole = 0;
    while (whole < len && digits[whole] != '.')
        whole++;
    for (int i = 0; i < len; i++) {
        if (i > 0 && i < whole && digits[i - 1] != '-' && (whole - i) % 3 == 0)
            buf_add_char(out, ',');
        buf_add_char(out, digits[i]);
    }
}

static struct scale y_scale(const struct simulation *s)
{
    struct scale y = {0, 0}; /* zero is always there: how much is nothing is part of the picture */
    for (uint32_t payer = 0; payer < s->payer_count; payer++) {
        for (size_t i = 0; i < s->count; i++) {
            y.low = fmin(y.low, number_of(s->points[i].payers[payer]));
            y.high = fmax(y.high, number_of(s->points[i].payers[payer]));
        }
        for (size_t i = 0; i < s->jump_count; i++) {
            y.low = fmin(y.low, fmin(number_of(s->jumps[i].before), number_of(s->jumps[i].after)));
            y.high = fmax(y.high, fmax(number_of(s->jumps[i].before), number_of(s->jumps[i].after)));
        }
    }
    if (y.high <= y.low)
        y.high = y.low + 1;
    return y;
}

static void add_y_axis(struct buf *out, const struct scale *y)
{
    double step = nice_step(y->high - y->low);
    long last = (long) floor(y->high / step + 1e-9);
    for (long mark = (long) ceil(y->low / step); mark <= last; mark++) {
        double at = (double) mark * step, shown = mark == 0 ? 0 : at;
        buf_printf(out, "<line x1=\"%d\" y1=\"%.2f\" x2=\"%d\" y2=\"%.2f\" stroke=\"%s\"/>\n", LEFT, y_of(y, at), RIGHT,
                   y_of(y, at), shown == 0 ? "#888" : "#ddd");
        buf_printf(out, "<text x=\"%d\" y=\"%.2f\" text-anchor=\"end\">", LEFT - 8, y_of(y, at) + 4);
        add_number(out, shown, step);
        buf_add_str(out, "</text>\n");
    }
    buf_printf(out, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#888\"/>\n", LEFT, TOP, LEFT, BOTTOM);
}

static void add_x_mark(struct buf *out, const struct simulation *s, int64_t at, struct slice label)
{
    buf_printf(out, "<line x1=\"%.2f\" y1=\"%d\" x2=\"%.2f\" y2=\"%d\" stroke=\"#888\"/>\n", x_of(s, at), BOTTOM,
               x_of(s, at), BOTTOM + 5);
    buf_printf(out, "<text x=\"%.2f\" y=\"%d\" text-anchor=\"middle\">", x_of(s, at), BOTTOM + 20);
    add_text(out, label);
    buf_add_str(out, "</text>\n");
}

static void add_x_axis(struct buf *out, const struct simulation *s, struct arena *arena)
{
    double unit = s->is_date ? 1 : pow(10, -s->places), from = (double) s->from * unit, to = (double) s->to * unit;
    double step = nice_step(to - from);
    struct buf label;
    buf_init(&label, 256);
    for (double at = ceil(from / step - 1e-9) * step; !s->is_date && at <= to + step * 1e-9; at += step) {
        int64_t place = (int64_t) llround(at / unit);
        buf_clear(&label);
        add_number(&label, fabs(at) < step / 2 ? 0 : at, step);
        buf_add_str(&label, s->is_percent ? "%" : "");
        if (place >= s->from && place <= s->to)
            add_x_mark(out, s, place, buf_slice(&label));
    }
    for (int i = 0; s->is_date && i < TICKS; i++) {
        int64_t at = s->from + (s->to - s->from) * i / (TICKS - 1);
        add_x_mark(out, s, at, simulate_value(s, at, arena));
    }
    buf_release(&label);
}

/* The line, up to each cliff and on behind it; the cliff itself is dashed. */
static void add_curve(struct buf *out, const struct simulation *s, const struct scale *y, uint32_t payer)
{
    const char *colour = colours[payer % COLOURS];
    size_t jump = 0; /* those of one payer stand together, in order */
    while (jump < s->jump_count && s->jumps[jump].payer != payer)
        jump++;
    buf_printf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" d=\"", colour);
    for (size_t i = 0; i < s->count; i++) {
        for (; jump < s->jump_count && s->jumps[jump].payer == payer && s->jumps[jump].right <= s->points[i].at; jump++) {
            buf_printf(out, " L%.2f %.2f", x_of(s, s->jumps[jump].left), y_of(y, number_of(s->jumps[jump].before)));
            buf_printf(out, " M%.2f %.2f", x_of(s, s->jumps[jump].right), y_of(y, number_of(s->jumps[jump].after)));
        }
        buf_printf(out, "%s%.2f %.2f", i == 0 ? "M" : " L", x_of(s, s->points[i].at),
                   y_of(y, number_of(s->points[i].payers[payer])));
    }
    buf_add_str(out, "\"/>\n");
    for (size_t i = 0; i < s->jump_count; i++)
        if (s->jumps[i].payer == payer)
            buf_printf(out,
                       "<line class=\"cliff\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\" stroke=\"%s\" "
                       "stroke-dasharray=\"4 3\"/>\n",
                       x_of(s, s->jumps[i].left), y_of(y, number_of(s->jumps[i].before)), x_of(s, s->jumps[i].right),
                       y_of(y, number_of(s->jumps[i].after)), colour);
}

static void add_legend(struct buf *out, const struct simulation *s)
{
    for (uint32_t i = 0; i < s->payer_count; i++) {
        int y = TOP + 14 + (int) i * LEGEND_STEP;
        buf_printf(out, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2\"/>\n", LEFT + 14, y,
                   LEFT + 40, y, colours[i % COLOURS]);
        buf_printf(out, "<text x=\"%d\" y=\"%d\">", LEFT + 48, y + 4);
        add_text(out, terms_party(s->terms, s->payers[i].party)->name);
        buf_add_str(out, " owes, ");
        add_text(out, s->payers[i].currency);
        buf_add_str(out, "</text>\n");
    }
}

enum tally_code simulate_svg(const struct simulation *s, struct arena *arena, struct buf *out, struct err *err)
{
    struct scale y = y_scale(s);
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
               "font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n",
               WIDTH, HEIGHT, WIDTH, HEIGHT);
    buf_add_str(out, "<title>");
    add_text(out, terms_title(s->terms));
    buf_add_str(out, "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    buf_printf(out, "<text x=\"%d\" y=\"32\" font-size=\"17\">", LEFT);
    add_text(out, terms_title(s->terms));
    buf_add_str(out, "</text>\n");
    add_y_axis(out, &y);
    add_x_axis(out, s, arena);
    for (uint32_t i = 0; i < s->payer_count; i++)
        add_curve(out, s, &y, i);
    add_legend(out, s);
    buf_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (LEFT + RIGHT) / 2, BOTTOM + 48);
    add_text(out, s->label);
    buf_add_str(out, " (");
    add_text(out, terms_metric(s->terms, s->metric)->unit);
    buf_printf(out,
               ")</text>\n<text transform=\"translate(20 %d) rotate(-90)\" text-anchor=\"middle\">owed</text>\n</svg>\n",
               (TOP + BOTTOM) / 2);
    return buf_check(out, err);
}
