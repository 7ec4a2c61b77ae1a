/* The worked ledger of formats.md: a created ledger, a registered actor, a submitted result. Seeds are SHA-256 of the
 * ASCII names ledger, op, prov; the nonce of entry n is 16 bytes of value n. Shared by the tests that need real bytes. */
#ifndef TALLY_TESTS_LEDGER_VECTORS_H
#define TALLY_TESTS_LEDGER_VECTORS_H

#define VECTOR_ORIGIN "ledger.example/outcomes/1"
#define VECTOR_VKEY "ledger.example/outcomes/1+7ec98ec2+AVq8qpwiIgHPGU8aR0wNcaeaPXqNwWrklGKjsYCQsSlp"

__attribute__((unused)) static const struct vector_entry {
    const char *header, *hash, *nonce, *jws, *body;
} VECTOR_ENTRIES[3] = {
    {
        .header =
            "{\"actor\":\"ledger\",\"body\":\"edeec77862be99e2581b5dd3d5de2cfc8f5a3dd553ce474db30a345f548bf663\",\"jti\":"
            "\"\",\"le"
            "dger\":\"ledger.example/outcomes/"
            "1\",\"open\":true,\"prev\":\"00000000000000000000000000000000000000000000000000"
            "00000000000000\",\"seq\":0,\"time\":\"2026-01-01T00:00:01.000000Z\",\"type\":\"ledger.created\",\"v\":1}",
        .hash = "c422af8ffc1678ab8561915fea347a228d717783899cc8444cd864b2563d1990",
        .nonce = "AAAAAAAAAAAAAAAAAAAAAA==",
        .jws = "",
        .body = "{\"operator\":{\"id\":\"op\",\"pop\":\"IUs8X7K2vlDBRql-"
                "Dns5NxEfPCC1SE1mg8yMHfkMtzN2jDqZuwysrbxddjRqb0Lr0npBEnj5jc"
                "Aa7BlTbZ_GDw\",\"x\":\"dnTUMa27IMZpcIVYQMy2dtWq40yCdv-_qX53WAQeJQQ\"},\"origin\":\"ledger.example/"
                "outcomes/1\",\"v"
                "key\":\"ledger.example/outcomes/1+7ec98ec2+AVq8qpwiIgHPGU8aR0wNcaeaPXqNwWrklGKjsYCQsSlp\"}",
    },
    {
        .header = "{\"actor\":\"op\",\"body\":\"b69acae8d1deae3cfac1526d182d87ed8f80f17de63d6f387758e259bf5b4721\",\"jti\":"
                  "\"reg-provi"
                  "der-000000000000\",\"ledger\":\"ledger.example/outcomes/"
                  "1\",\"open\":true,\"prev\":\"c422af8ffc1678ab8561915fea347"
                  "a228d717783899cc8444cd864b2563d1990\",\"seq\":1,\"time\":\"2026-01-01T00:00:02.000000Z\",\"type\":"
                  "\"actor.register"
                  "ed\",\"v\":1}",
        .hash = "68b0d542705eab6b2c978b9f197ef725043f692a908b8a2a533f5c842e3ffeb4",
        .nonce = "AQEBAQEBAQEBAQEBAQEBAQ==",
        .jws = "eyJhbGciOiJFZERTQSIsImtpZCI6InlZVHRicElyWlpYbU0zR0ZuMElhMGdNOXcwRVNmckNWUHBsUjhST01mcHMiLCJhdWQiOiJsZWRn"
               "ZXIuZXhhbXBsZS9vdXRjb21lcy8xIiwiaHRtIjoiUE9TVCIsImh0dSI6Ii92MS9hY3RvcnMiLCJpYXQiOjE3NjcyMjU2MDIsImp0aSI6"
               "InJlZy1wcm92aWRlci0wMDAwMDAwMDAwMDAiLCJ0eXAiOiJ0YWxseS1zdGF0ZW1lbnQiLCJjdHkiOiJhcHBsaWNhdGlvbi9qc29uIiwi"
               "aGVhZCI6IjA6YzQyMmFmOGZmYzE2NzhhYjg1NjE5MTVmZWEzNDdhMjI4ZDcxNzc4Mzg5OWNjODQ0NGNkODY0YjI1NjNkMTk5MCJ9..ax"
               "iXCxApasnnbTqXyXRXV6KDj1uQ7DweCc_ZgFJWI1_AMeM-IW0sS_vijbGSehYWMaG5o0IWgANBQDlA8bxICw",
        .body =
            "{\"id\":\"provider\",\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"wjwSxcM5FtAffpZG-"
            "VIn8IoK5QyhJXxR3OsvrcvEFGc\"},\""
            "kind\":\"organisation\",\"pop\":\"ti1IWg5md885M1xy5IOIKdNQDGFoI0meOdrkh9HmwOkZTGK_ihgqiJ9O445UMrHivY2harSZel3R"
            "Jg9Noun4BA\"}",
    },
    {
        .header = "{\"actor\":\"provider\",\"body\":\"465b4476873d89560a3e5e0abdc72c766881b6d2547cdf0bf9d66a336534c718\","
                  "\"jti\":\"res"
                  "-0000000000001\",\"ledger\":\"ledger.example/outcomes/"
                  "1\",\"open\":true,\"prev\":\"68b0d542705eab6b2c978b9f197ef72"
                  "5043f692a908b8a2a533f5c842e3ffeb4\",\"seq\":2,\"time\":\"2026-01-01T00:00:03.000000Z\",\"type\":"
                  "\"result.submitted"
                  "\",\"v\":1}",
        .hash = "941fe34c7306a83686e41b99a8a6f08c88c6b699d33f9900df6b26548b07b785",
        .nonce = "AgICAgICAgICAgICAgICAg==",
        .jws = "eyJhbGciOiJFZERTQSIsImtpZCI6IlpIamVrSUZoU2l0Q1NldTBva0dmX1lvOHZRNGgwREZFbzdCb2Z4am00YWciLCJhdWQiOiJsZWRn"
               "ZXIuZXhhbXBsZS9vdXRjb21lcy8xIiwiaHRtIjoiUE9TVCIsImh0dSI6Ii92MS9yZXN1bHRzIiwiaWF0IjoxNzY3MjI1NjAzLCJqdGki"
               "OiJyZXMtMDAwMDAwMDAwMDAwMSIsInR5cCI6InRhbGx5LXN0YXRlbWVudCIsImN0eSI6ImFwcGxpY2F0aW9uL2pzb24iLCJoZWFkIjoi"
               "MTo2OGIwZDU0MjcwNWVhYjZiMmM5NzhiOWYxOTdlZjcyNTA0M2Y2OTJhOTA4YjhhMmE1MzNmNWM4NDJlM2ZmZWI0In0..AzIpS7bTHlO"
               "yo7HCfQEs5ssjEoa65BXC6U1-yXTP6oCv6UGRBUIBw-hmjyDy8AfLirehlsNUDzwfpMAepqqlAQ",
        .body = "{\"indicator\":\"bed-days\",\"value\":\"90\"}",
    },
};

__attribute__((unused)) static const char VECTOR_MANIFEST[] =
    "{\"contract\":\"c-7f3a\",\"indicators\":{\"nyc.recidivism-bed-days\":{\"entry\":\"68b0d542705eab6b2c978b9f197ef7250"
    "43f692a908b8a2a533f5c842e3ffeb4\",\"seq\":1}},\"language\":1,\"open\":true,\"parties\":{\"city\":{\"actor\":\"op\","
    "\"kid"
    "\":\"yYTtbpIrZZXmM3GFn0Ia0gM9w0ESfrCVPplR8ROMfps\"},\"vera\":{\"actor\":\"provider\",\"kid\":\"ZHjekIFhSitCSeu0okGf_"
    "Yo8vQ4h0DFEo7Bofxjm4ag\"}},\"previous\":\"\",\"terms\":\"0dd5e2253e57cddcb2fd8adf69b15e7973989ca5500d7112fe99bd7"
    "1e143c0b2\",\"uses\":{},\"version\":1}";

#endif
