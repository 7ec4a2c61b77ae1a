/* The life of a contract. decide asks this table; contracts/README.md holds it as contract_states_print prints it. */
#include "states.h"

#include "tally/model.h"

#define REFUSED CONTRACT_STATE_COUNT

static const struct {
    const char *deed;
    struct {
        int next; /* REFUSED: not in this state */
        const char *what;
    } in[CONTRACT_STATE_COUNT];
} lives[] = {
    [CONTRACT_DEED_SIGN] = {"a party signs, or somebody joins a class of parties",
                            {{CONTRACT_PROPOSED, "recorded"},
                             {CONTRACT_IN_FORCE, "recorded"},
                             {REFUSED, "409 contract.closed"}}},
    [CONTRACT_DEED_ACTIVATE] = {"`in force when` is met by a signature",
                                {{CONTRACT_IN_FORCE, "contract.activated; earlier results that fit are used; evaluated"},
                                 {CONTRACT_IN_FORCE, "recorded"},
                                 {REFUSED, "409 contract.closed"}}},
    [CONTRACT_DEED_PROPOSE_AMENDMENT] = {"a party proposes an amendment",
                                         {{REFUSED, "409 contract.not_in_force"},
                                          {CONTRACT_IN_FORCE, "recorded; its parties may sign it"},
                                          {REFUSED, "409 contract.closed"}}},
    [CONTRACT_DEED_AMEND] = {"`amended when` is met by a signature under an amendment",
                             {{REFUSED, "there is none"},
                              {CONTRACT_IN_FORCE,
                               "contract.amended; results that fit its text are used; evaluated; payments"},
                              {REFUSED, "409 contract.closed"}}},
    [CONTRACT_DEED_RESULT] = {"a result of its indicators is submitted, restated, withdrawn or verified",
                              {{REFUSED, "not used yet"},
                               {CONTRACT_IN_FORCE, "what is final: result.finalised; evaluated; payments"},
                               {REFUSED, "not used"}}},
    [CONTRACT_DEED_FIGURE] = {"a figure of its own is submitted",
                              {{REFUSED, "409 contract.not_in_force"},
                               {CONTRACT_IN_FORCE, "as a result"},
                               {REFUSED, "409 contract.closed"}}},
    [CONTRACT_DEED_DISPUTE] = {"a party disputes a result, or the arbiter decides",
                               {{REFUSED, "409 contract.not_in_force"},
                                {CONTRACT_IN_FORCE, "what needs it waits, or is evaluated; payments"},
                                {REFUSED, "409 contract.closed"}}},
    [CONTRACT_DEED_MOMENT] = {"a day comes that it waits for",
                              {{REFUSED, "nothing is due"},
                               {CONTRACT_IN_FORCE, "moment.reached; evaluated; payments"},
                               {REFUSED, "nothing is due"}}},
    [CONTRACT_DEED_CLOSE] = {"the day `closes` has passed",
                             {{REFUSED, "can no longer be signed"},
                              {CONTRACT_CLOSED, "moment.reached; what stands, stands"},
                              {REFUSED, "nothing is due"}}},
    [CONTRACT_DEED_SETTLE] = {"a payment of it is settled",
                              {{REFUSED, "there is none"},
                               {CONTRACT_IN_FORCE, "recorded; if it is a figure there: evaluated; payments"},
                               {CONTRACT_CLOSED, "recorded"}}},
};

static const char *const names[] = {"proposed", "in force", "closed"};

bool contract_takes(enum contract_state state, enum contract_deed deed)
{
    return lives[deed].in[state].next != REFUSED;
}

enum contract_state contract_next(enum contract_state state, enum contract_deed deed)
{
    int next = lives[deed].in[state].next;
    ENSURE(next != REFUSED);
    return (enum contract_state) next;
}

void contract_states_print(struct buf *out)
{
    buf_add_str(out, "| what happens |");
    for (size_t s = 0; s < CONTRACT_STATE_COUNT; s++)
        buf_printf(out, " %s |", names[s]);
    buf_add_str(out, "\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
        buf_printf(out, "| %s |", lives[i].deed);
        for (int s = 0; s < CONTRACT_STATE_COUNT; s++) {
            int next = lives[i].in[s].next;
            buf_printf(out, " %s", lives[i].in[s].what);
            if (next != REFUSED && next != s)
                buf_printf(out, " **-> %s**", names[next]);
            buf_add_str(out, " |");
        }
        buf_add_char(out, '\n');
    }
}
