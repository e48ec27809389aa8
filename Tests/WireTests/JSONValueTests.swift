import Testing
import Wire

@Suite struct JSONValueTests {
    @Test func valuesKeepTheirType() throws {
        let text = #"{"a":[1,1.0,1e2,-0,"1",true,false,null,{}],"é":"\u00e9\ud83d\ude00\u0000"}"#
        let expected: JSON = [
            "a": [1, .double(1), .double(100), 0, "1", true, false, nil, [:]], "é": "é😀\0",
        ]
        #expect(try JSON(parsing: text) == expected)
        #expect(try JSON(parsing: "9223372036854775807") == .integer(.max))
        #expect(try JSON(parsing: "-9223372036854775808") == .integer(.min))
        #expect(try JSON(parsing: "5e-324") == .double(.leastNonzeroMagnitude))
    }

    @Test func equalValuesHaveOneText() throws {
        let first = try JSON(parsing: #"{"b":1,"a":[1.50,2],"Z":{"y":0,"x":0},"é":0,"aa":0}"#)
        let second = try JSON(parsing: #" {"aa":0, "é":0, "Z":{"x":0,"y":0}, "a":[1.5,2], "b":1} "#)
        #expect(first == second)
        #expect(first.serialized() == #"{"Z":{"x":0,"y":0},"a":[1.5,2],"aa":0,"b":1,"é":0}"#)
        #expect(first.bytes == second.bytes)
    }

    @Test func textIsEscapedAsLittleAsAllowed() {
        #expect(
            JSON.string("\"\\/\u{8}\n\r\t\u{0}\u{1F}\u{7F}é\u{2028}").serialized()
                == "\"\\\"\\\\/\\u0008\\n\\r\\t\\u0000\\u001f\u{7F}é\u{2028}\""
        )
    }

    @Test func numbersAreShortestAndReadBack() throws {
        let numbers: [Double] = [
            0.1, -0.0, 1e300, .leastNonzeroMagnitude, 1.0 / 3, .greatestFiniteMagnitude, 123_456_789.125, 1e22,
        ]
        for number in numbers {
            #expect(try JSON(parsing: JSON.double(number).serialized()) == .double(number))
        }
        #expect(JSON.double(.nan).serialized() == "null")
        #expect(JSON.double(-.infinity).serialized() == "null")
    }

    @Test func prettyTextIsIndented() throws {
        let value: JSON = ["a": [1, [:]], "b": [], "c": ["d": nil]]
        let pretty = value.serialized(pretty: true)
        #expect(
            pretty == """
                {
                  "a": [
                    1,
                    {}
                  ],
                  "b": [],
                  "c": {
                    "d": null
                  }
                }
                """
        )
        #expect(try JSON(parsing: pretty) == value)
    }

    @Test func accessorsGiveNilForOtherTypes() {
        let value: JSON = ["text": "t", "number": 7, "half": 0.5]
        #expect(value["text"]?.stringValue == "t")
        #expect(value["number"]?.integerValue == 7)
        #expect(value["number"]?.stringValue == nil)
        #expect(value["half"]?.integerValue == nil)
        #expect(value["none"] == nil)
        #expect(JSON.array([])["text"] == nil)
        #expect([value.kind, JSON.null.kind, JSON.array([]).kind] == ["object", "null", "array"])
    }
}
