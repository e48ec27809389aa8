import SignalboxCore
import SignalboxTesting
import Testing

@Suite("Ladders")
struct LadderTests {
    @Test("are read as places with their ceilings")
    func parsing() throws {
        let ladder = try Ladder(parsing: "  second/here/small/spot<=0.50\n\tsecond/-/small<=1e1   local ")
        let expected = [
            Ladder.Rung(
                place: Place(tier: "second", location: "here", machine: "small", provisioning: .spot),
                usdPerHourMax: 0.5
            ),
            Ladder.Rung(place: Place(tier: "second", machine: "small"), usdPerHourMax: 10),
            Ladder.Rung(place: Place(tier: "local")),
        ]
        #expect(ladder == Ladder(expected))
    }

    @Test(
        "say which word is wrong",
        arguments: [
            ("", "it has 0 places, not 1 to 64"), (" \n", "it has 0 places, not 1 to 64"),
            ("local local/a/b/c", "\"local/a/b/c\" is no TIER"), ("<=1", "\"<=1\" is no TIER"),
            ("local<=1<=2", "\"local<=1<=2\" is no TIER"), ("local <= 1", "\"<=\" is no TIER"),
            ("local<=", "\"\" in \"local<=\" is no price"),
            ("local<=cheap", "\"cheap\" in \"local<=cheap\" is no price"),
            ("local<=-1", "is no price"), ("local<=nan", "is no price"), ("local<=inf", "is no price"),
            (Array(repeating: "local", count: 65).joined(separator: " "), "it has 65 places"),
        ]
    )
    func malformed(text: String, problem: String) {
        do throws(LadderError) {
            let ladder = try Ladder(parsing: text)
            Issue.record("read as \(ladder)")
        } catch {
            #expect(error.message.contains(problem), "\(error.message)")
        }
    }

    @Test("may have 64 places")
    func longest() throws {
        let text = Array(repeating: "local", count: Ladder.rungsMax).joined(separator: " ")
        #expect(try Ladder(parsing: text).rungs.count == 64)
    }

    private let tiers = ["scripted", "second", "third"].map { ScriptedTier(name: $0) }

    @Test("have prices as the tiers see them, and the default places of the tiers that they do not name")
    func priced() throws {
        let ladder = try Ladder(parsing: "scripted/-/small/spot<=9 second/-/small second/-/large mars/-/small")
            .priced(by: tiers, Sample.prices)
        #expect(ladder.rungs.map(\.usdPerHour) == [1, 2, nil, nil])
        #expect(ladder.rungs.map(\.usdPerHourMax) == [9, nil, nil, nil])
        #expect(ladder.rungs.map(\.isConfigured) == [true, true, true, false])
        #expect(ladder.others == [Ladder.Rung(place: Place(tier: "third"))])
        #expect(ladder.tierNames == ["scripted", "second", "third"])
    }

    @Test("narrow to one tier: its rungs, or its default place, or nothing")
    func only() throws {
        let ladder = try Ladder(parsing: "scripted/a second/b scripted/c").priced(by: tiers, Sample.prices)
        #expect(ladder.only(tier: "scripted").map(\.place.location) == ["a", "c"])
        #expect(ladder.only(tier: "third").map(\.place) == [Place(tier: "third")])
        #expect(ladder.only(tier: "mars").isEmpty)
    }

    @Test("have one rung where none is configured: the first tier's own place")
    func standard() {
        let dispatch = Dispatch(tiers: tiers)
        #expect(dispatch.ladder.rungs.map(\.place) == [Place(tier: "scripted")])
        #expect(dispatch.ladder.others.map(\.place.tier) == ["second", "third"])
        #expect(dispatch.tier("second")?.name == "second")
        #expect(dispatch.tier("mars") == nil)
        #expect(dispatch.tierNames == "scripted, second, third")
        #expect(Dispatch(tiers: []).ladder.rungs.isEmpty)
    }
}
