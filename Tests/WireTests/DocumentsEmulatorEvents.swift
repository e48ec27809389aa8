import Testing

/// Events as Google's Firestore emulator sent them: a document created, updated and deleted.
struct EmulatorEvent: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The message in base64.
    let protobuf: String
    /// The same as ProtoJSON.
    let json: String

    static let created = EmulatorEvent(
        testDescription: "created",
        protobuf: """
            CpECCjFwcm9qZWN0cy9wMS9kYXRhYmFzZXMvKGRlZmF1bHQpL2RvY3VtZW50cy9ydW5zL3IxEgcKAWESAhABEg4KAXMSCYoB\
            BnF1ZXVlZBIXCgFtEhIyEAoOCgF4EgkZAAAAAAAA+D8SEgoBdBINUgsIpevcygYQgJTvOhIHCgFuEgJYABILCgFiEgaSAQMA\
            AQISDQoDYXJyEgZKBAoCCAESGQoBZxIUQhIJAAAAAAAA8D8RAAAAAAAAAEASOgoDcmVmEjMqMXByb2plY3RzL3AxL2RhdGFi\
            YXNlcy8oZGVmYXVsdCkvZG9jdW1lbnRzL3J1bnMvcjAaDAiV64PYBhCYosGzAiIMCJXrg9gGEJiiwbMCGgA=
            """,
        json: #"""
            {"value":{"name":"projects/p1/databases/(default)/documents/runs/r1","fields":{"g":{"geoPointVal\#
            ue":{"latitude":1.0,"longitude":2.0}},"b":{"bytesValue":"AAEC"},"ref":{"referenceValue":"project\#
            s/p1/databases/(default)/documents/runs/r0"},"arr":{"arrayValue":{"values":[{"booleanValue":true\#
            }]}},"a":{"integerValue":"1"},"t":{"timestampValue":"2026-01-02T03:04:05.123456Z"},"s":{"stringV\#
            alue":"queued"},"n":{"nullValue":null},"m":{"mapValue":{"fields":{"x":{"doubleValue":1.5}}}}},"c\#
            reateTime":"2026-11-21T01:36:21.644895Z","updateTime":"2026-11-21T01:36:21.644895Z"},"updateMask\#
            ":{}}
            """#
    )

    static let updated = EmulatorEvent(
        testDescription: "updated",
        protobuf: """
            Co4CCjFwcm9qZWN0cy9wMS9kYXRhYmFzZXMvKGRlZmF1bHQpL2RvY3VtZW50cy9ydW5zL3IxEgcKAWESAhABEhcKAW0SEjIQ\
            Cg4KAXgSCRkAAAAAAAD4PxISCgF0Eg1SCwil69zKBhCAlO86EgcKAW4SAlgAEgsKAWISBpIBAwABAhINCgNhcnISBkoECgII\
            ARIZCgFnEhRCEgkAAAAAAADwPxEAAAAAAAAAQBI6CgNyZWYSMyoxcHJvamVjdHMvcDEvZGF0YWJhc2VzLyhkZWZhdWx0KS9k\
            b2N1bWVudHMvcnVucy9yMBIMCgFzEgeKAQRkb25lGgwIleuD2AYQmKLBswIiCwiX64PYBhCgjLRSEpECCjFwcm9qZWN0cy9w\
            MS9kYXRhYmFzZXMvKGRlZmF1bHQpL2RvY3VtZW50cy9ydW5zL3IxEgcKAWESAhABEg4KAXMSCYoBBnF1ZXVlZBIXCgFtEhIy\
            EAoOCgF4EgkZAAAAAAAA+D8SEgoBdBINUgsIpevcygYQgJTvOhIHCgFuEgJYABILCgFiEgaSAQMAAQISDQoDYXJyEgZKBAoC\
            CAESGQoBZxIUQhIJAAAAAAAA8D8RAAAAAAAAAEASOgoDcmVmEjMqMXByb2plY3RzL3AxL2RhdGFiYXNlcy8oZGVmYXVsdCkv\
            ZG9jdW1lbnRzL3J1bnMvcjAaDAiV64PYBhCYosGzAiIMCJXrg9gGEJiiwbMCGgA=
            """,
        json: #"""
            {"value":{"name":"projects/p1/databases/(default)/documents/runs/r1","fields":{"g":{"geoPointVal\#
            ue":{"latitude":1.0,"longitude":2.0}},"b":{"bytesValue":"AAEC"},"ref":{"referenceValue":"project\#
            s/p1/databases/(default)/documents/runs/r0"},"arr":{"arrayValue":{"values":[{"booleanValue":true\#
            }]}},"a":{"integerValue":"1"},"t":{"timestampValue":"2026-01-02T03:04:05.123456Z"},"s":{"stringV\#
            alue":"done"},"n":{"nullValue":null},"m":{"mapValue":{"fields":{"x":{"doubleValue":1.5}}}}},"cre\#
            ateTime":"2026-11-21T01:36:21.644895Z","updateTime":"2026-11-21T01:36:23.172820Z"},"oldValue":{"\#
            name":"projects/p1/databases/(default)/documents/runs/r1","fields":{"g":{"geoPointValue":{"latit\#
            ude":1.0,"longitude":2.0}},"b":{"bytesValue":"AAEC"},"ref":{"referenceValue":"projects/p1/databa\#
            ses/(default)/documents/runs/r0"},"arr":{"arrayValue":{"values":[{"booleanValue":true}]}},"a":{"\#
            integerValue":"1"},"t":{"timestampValue":"2026-01-02T03:04:05.123456Z"},"s":{"stringValue":"queu\#
            ed"},"n":{"nullValue":null},"m":{"mapValue":{"fields":{"x":{"doubleValue":1.5}}}}},"createTime":\#
            "2026-11-21T01:36:21.644895Z","updateTime":"2026-11-21T01:36:21.644895Z"},"updateMask":{}}
            """#
    )

    static let deleted = EmulatorEvent(
        testDescription: "deleted",
        protobuf: """
            Eo4CCjFwcm9qZWN0cy9wMS9kYXRhYmFzZXMvKGRlZmF1bHQpL2RvY3VtZW50cy9ydW5zL3IxEgcKAWESAhABEhcKAW0SEjIQ\
            Cg4KAXgSCRkAAAAAAAD4PxISCgF0Eg1SCwil69zKBhCAlO86EgcKAW4SAlgAEgsKAWISBpIBAwABAhINCgNhcnISBkoECgII\
            ARIZCgFnEhRCEgkAAAAAAADwPxEAAAAAAAAAQBI6CgNyZWYSMyoxcHJvamVjdHMvcDEvZGF0YWJhc2VzLyhkZWZhdWx0KS9k\
            b2N1bWVudHMvcnVucy9yMBIMCgFzEgeKAQRkb25lGgwIleuD2AYQmKLBswIiCwiX64PYBhCgjLRSGgA=
            """,
        json: #"""
            {"oldValue":{"name":"projects/p1/databases/(default)/documents/runs/r1","fields":{"g":{"geoPoint\#
            Value":{"latitude":1.0,"longitude":2.0}},"b":{"bytesValue":"AAEC"},"ref":{"referenceValue":"proj\#
            ects/p1/databases/(default)/documents/runs/r0"},"arr":{"arrayValue":{"values":[{"booleanValue":t\#
            rue}]}},"a":{"integerValue":"1"},"t":{"timestampValue":"2026-01-02T03:04:05.123456Z"},"s":{"stri\#
            ngValue":"done"},"n":{"nullValue":null},"m":{"mapValue":{"fields":{"x":{"doubleValue":1.5}}}}},"\#
            createTime":"2026-11-21T01:36:21.644895Z","updateTime":"2026-11-21T01:36:23.172820Z"},"updateMas\#
            k":{}}
            """#
    )
}
