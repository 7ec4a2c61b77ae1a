#include "time_list.h"

#include "tally/mem.h"

void time_list_release(struct time_list *list)
{
    spill_release(&list->file);
    mem_free(list->newest);
    *list = (struct time_list){0};
}

void time_list_begin(struct time_list *list, uint64_t first)
{
    ENSURE(list->count == list->first);
    list->first = list->count = list->written = first;
}

enum tally_code time_list_add(struct time_list *list, struct instant time, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (list->newest == NULL)
        list->newest = mem_zero_array(TIME_LIST_NEW, sizeof *list->newest);
    if (list->newest == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the times of entries");
    if (list->count - list->written == TIME_LIST_NEW) {
        TRY(spill_write(&list->file, (list->written - list->first) * sizeof *list->newest, list->newest,
                        TIME_LIST_NEW * sizeof *list->newest, err));
        list->written = list->count;
    }
    list->newest[list->count++ - list->written] = time;
done:
    return rc;
}

enum tally_code time_list_get(const struct time_list *list, uint64_t seq, bool *is_there, struct instant *out,
                              struct err *err)
{
    *is_there = seq >= list->first && seq < list->count;
    if (!*is_there)
        return TALLY_OK;
    if (seq < list->written)
        return spill_read(&list->file, (seq - list->first) * sizeof *out, out, sizeof *out, err);
    *out = list->newest[seq - list->written];
    return TALLY_OK;
}
