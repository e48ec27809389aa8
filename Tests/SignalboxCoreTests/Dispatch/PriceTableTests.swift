import SignalboxCore
import Testing
import Wire

@Suite("Price tables") struct PriceTableTests {
    private static let text = """
        {"date": "2026-01-31", "currency": "USD", "source": "a test", "prices": [
          {"tier": "compute-engine", "region": "us-central1", "item": "n1-standard-8", "on_demand": 0.4, "spot": 0.1},
          {"tier": "compute-engine", "region": "us-central1", "item": "nvidia-tesla-t4",
           "on_demand": 0.35, "spot": 0.15},
          {"tier": "compute-engine", "region": "us-central", "item": "n1-standard-8", "on_demand": 9},
          {"tier": "compute-engine", "region": "*", "item": "n1-standard-8", "on_demand": 0.5},
          {"tier": "slurm", "region": "*", "item": "gpu", "on_demand": 2}
        ]}
        """

    private static func read(_ text: String) throws -> PriceTable {
        try PriceTable(JSONReader(JSON(parsing: Array(text.utf8))))
    }

    private static func price(_ place: String, in table: PriceTable) throws -> Double? {
        table.usdPerHour(try #require(Place(place)))
    }

    @Test(
        "A zone costs what its region costs, an accelerator as often as it is there",
        arguments: [
            ("compute-engine/us-central1/n1-standard-8", 0.4),
            ("compute-engine/us-central1-a/n1-standard-8", 0.4),
            ("compute-engine/us-central1-f/n1-standard-8/spot", 0.1),
            ("compute-engine/us-central1-a/n1-standard-8+nvidia-tesla-t4:1", 0.75),
            ("compute-engine/us-central1-a/n1-standard-8+nvidia-tesla-t4:2/spot", 0.4),
            ("compute-engine/europe-west4-a/n1-standard-8", 0.5),
            ("compute-engine/-/n1-standard-8", 0.5),
            ("slurm/gpu/gpu", 2),
            ("slurm/gpu/gpu/spot", 0),
            ("local", 0),
        ]
    )
    func lookups(_ place: String, _ price: Double) throws {
        let found = try #require(try Self.price(place, in: Self.read(Self.text)))
        #expect(abs(found - price) < 1e-9)
    }

    @Test(
        "What has no price has none",
        arguments: [
            "compute-engine", "compute-engine/us-central1-a", "compute-engine/us-central1-a/n2-standard-8",
            "compute-engine/europe-west4-a/n1-standard-8/spot",
            "vertex/us-central1/n1-standard-8",
            "compute-engine/us-central1-a/n1-standard-8+nvidia-l4:1",
            "compute-engine/europe-west4-a/n1-standard-8+nvidia-tesla-t4:1",
        ]
    )
    func unknown(_ place: String) throws {
        #expect(try Self.price(place, in: Self.read(Self.text)) == nil)
    }

    @Test("A table is read as it is written")
    func reading() throws {
        let table = try Self.read(Self.text)
        #expect(table.date == "2026-01-31")
        #expect(table.source == "a test")
        #expect(table.entries.count == 5)
        let entry = try #require(table.entries.last)
        #expect(entry.tier == "slurm")
        #expect(entry.region == "*")
        #expect(entry.item == "gpu")
        #expect(entry.onDemand == 2)
        #expect(entry.spot == nil)
    }

    @Test(
        "A malformed table is refused with the place",
        arguments: [
            (#""2026-01-31""#, #""31 January""#, "/date"),
            (#""2026-01-31""#, #""2026-02-31""#, "/date"),
            (#""USD""#, #""EUR""#, "/currency"),
            (#""source": "a test", "#, "", "/source"),
            (#""on_demand": 0.5"#, #""on_demand": -1"#, "/prices/3/on_demand"),
            (#""spot": 0.15"#, #""spot": "cheap""#, "/prices/1/spot"),
            (#"{"tier": "slurm", "#, "{", "/prices/4/tier"),
        ]
    )
    func malformed(_ part: String, _ replacement: String, _ place: String) throws {
        let text = Self.text.replacing(part, with: replacement)
        #expect(text != Self.text)
        do {
            _ = try Self.read(text)
            Issue.record("read")
        } catch let error as JSONTypeError {
            #expect("\(error)".contains(place), "\(error)")
        }
    }
}

@Suite("The built-in prices") struct StandardPriceTests {
    private let table = PriceTable.standard

    @Test("Every price is one, and spot costs no more than on demand")
    func prices() {
        #expect(table.entries.count > 300)
        for entry in table.entries {
            #expect(entry.onDemand != nil, "\(entry)")
            #expect(entry.onDemand ?? 1 > 0, "\(entry)")
            #expect(entry.spot ?? 1 > 0, "\(entry)")
            #expect(entry.spot ?? 0 <= entry.onDemand ?? 0, "\(entry)")
        }
    }

    @Test("No item has two prices")
    func duplicates() {
        let keys = table.entries.map { "\($0.tier) \($0.region) \($0.item)" }
        #expect(Set(keys).count == keys.count)
    }

    @Test("It says of when and from where it is")
    func origin() {
        #expect(Timestamp(rfc3339: table.date + "T00:00:00Z") != nil)
        #expect(table.source.contains("https://"))
    }

    @Test(
        "Published prices",
        arguments: [
            ("compute-engine/us-central1-a/n1-standard-8", 0.38),
            ("compute-engine/us-central1-a/n1-standard-8+nvidia-tesla-t4:1", 0.73),
            ("compute-engine/us-central1-a/n1-standard-8+nvidia-tesla-t4:1/spot", 0.27946),
            ("compute-engine/us-central1-a/g2-standard-4", 0.70683),
            ("compute-engine/us-central1-c/a2-highgpu-1g", 3.67339),
            ("compute-engine/europe-west4-a/e2-standard-4", 0.14754),
            ("vertex/us-central1/n1-standard-8", 0.437),
            ("vertex/us-central1/n1-standard-8+nvidia-tesla-t4:1", 0.8395),
            ("vertex/us-central1/g2-standard-4+nvidia-l4:1", 0.81286),
            ("tpu/us-west4-a/v5litepod-8", 9.6),
            ("tpu/us-west4-a/v5litepod-8/spot", 3.84),
            ("tpu/us-central2-b/v4-8", 12.88),
            ("tpu/us-east5-a/v5p-8/spot", 6.72),
            ("tpu/us-central1-a/v6e-4", 10.8),
            ("cloud-run-job/us-central1/4cpu-16Gi", 0.3744),
        ]
    )
    func published(_ place: String, _ price: Double) throws {
        let place = try #require(Place(place))
        let found = try #require(table.usdPerHour(place))
        #expect(abs(found - price) < 0.00005)
    }
}
