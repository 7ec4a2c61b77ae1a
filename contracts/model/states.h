/* What a contract takes in each state, and where it leads. */
#ifndef MODEL_STATES_H
#define MODEL_STATES_H

#include <stdbool.h>

#include "tally/rows.h"

#define CONTRACT_STATE_COUNT 3

enum contract_deed {
    CONTRACT_DEED_SIGN,
    CONTRACT_DEED_ACTIVATE,
    CONTRACT_DEED_PROPOSE_AMENDMENT,
    CONTRACT_DEED_AMEND,
    CONTRACT_DEED_RESULT,
    CONTRACT_DEED_FIGURE,
    CONTRACT_DEED_DISPUTE,
    CONTRACT_DEED_MOMENT,
    CONTRACT_DEED_CLOSE,
    CONTRACT_DEED_SETTLE
};

bool contract_takes(enum contract_state state, enum contract_deed deed);
enum contract_state contract_next(enum contract_state state, enum contract_deed deed); /* it takes it */

#endif
