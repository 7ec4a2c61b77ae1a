#include "handlers.h"
#include "openapi.h"

static void answer(struct http_request *request, struct slice text, const char *content_type)
{
    buf_add_slice(&request->answer.text, text);
    answer_resource(request, content_type);
}

void handle_openapi_yaml(struct tallyd *tallyd, struct http_request *request)
{
    (void) tallyd;
    answer(request, openapi_yaml(), "application/yaml");
}

void handle_openapi_json(struct tallyd *tallyd, struct http_request *request)
{
    answer(request, tallyd->openapi_json, "application/json");
}
