import SignalboxCore
import Testing

@Suite("Places")
struct PlaceTests {
    static let written: [(String, Place)] = [
        ("local", Place(tier: "local")),
        ("local/-/-/spot", Place(tier: "local", provisioning: .spot)),
        ("slurm/gpu", Place(tier: "slurm", location: "gpu")),
        ("slurm/gpu/-/spot", Place(tier: "slurm", location: "gpu", provisioning: .spot)),
        (
            "compute-engine/us-central1-a/n1-standard-8+nvidia-tesla-t4:1/spot",
            Place(
                tier: "compute-engine",
                location: "us-central1-a",
                machine: "n1-standard-8+nvidia-tesla-t4:1",
                provisioning: .spot
            )
        ),
        ("vertex/-/g2-standard-8/on_demand", Place(tier: "vertex", machine: "g2-standard-8")),
        ("slurm/gpu/gpu:1+mem:512/spot", slurm("gpu:1+mem:512")),
        ("slurm/gpu/gpu:1+cpu:384/spot", slurm("gpu:1+cpu:384")),
        ("slurm/gpu/cpu:8+gpu:a100:2/spot", slurm("cpu:8+gpu:a100:2")),
        ("slurm/gpu/gpu:a100:2+mem:1048576/spot", slurm("gpu:a100:2+mem:1048576")),
    ]

    private static func slurm(_ machine: String) -> Place {
        Place(tier: "slurm", location: "gpu", machine: machine, provisioning: .spot)
    }

    @Test("are read as they are written, and written as they are read", arguments: written)
    func roundTrip(text: String, place: Place) {
        #expect(Place(text) == place)
        #expect(place.description == text)
    }

    @Test("all combinations of parts come back")
    func combinations() {
        for location in [nil, "here", "us-west4-a"] {
            for machine in [nil, "small", "small+gpu:4", "v5litepod-8"] {
                for provisioning in Place.Provisioning.allCases {
                    let place = Place(tier: "t", location: location, machine: machine, provisioning: provisioning)
                    #expect(Place(place.description) == place)
                }
            }
        }
    }

    @Test(
        "take a dash or nothing for the tier's own",
        arguments: [
            ("local/-", "local"), ("local/-/-", "local"), ("local/-/-/-", "local"),
            ("slurm/gpu/-/on_demand", "slurm/gpu"),
            ("vertex/-/small", "vertex/-/small/on_demand"), ("vertex/-/small/-", "vertex/-/small/on_demand"),
        ]
    )
    func defaults(text: String, canonical: String) { #expect(Place(text)?.description == canonical) }

    @Test(
        "are nothing where they are malformed",
        arguments: [
            "", "-", "/", "local/", "/here", "local//small", "local/a/b/often", "local/a/b/SPOT", "local/a/b/spot/x",
            "lo cal", "local/he\nre", "local/$HOME", "local/a;b", "local/ä", "local/a\\b", "local/'x'",
            "local/" + String(repeating: "x", count: 251), "t/-/+gpu", "t/-/small+", "t/-/small+gpu:x",
            "t/-/small+gpu:-3", "t/-/small+gpu:0", "t/-/small+:1", "t/-/small+gpu:a100",
            "t/-/small+gpu:a100:x", "t/-/small+gpu:a100:0", "t/-/small+gpu::1", "t/-/small+gpu:a100:1:2",
            "t/-/small+mem:1048577",
        ]
    )
    func malformed(text: String) { #expect(Place(text) == nil) }

    @Test("may have 256 bytes")
    func longest() { #expect(Place("local/" + String(repeating: "x", count: 250)) != nil) }

    @Test(
        "name a machine type and its accelerators",
        arguments: [
            (nil, nil, []), ("small", "small", []), ("small+gpu", "small", [("gpu", 1)]),
            ("n1-standard-8+nvidia-tesla-t4:2", "n1-standard-8", [("nvidia-tesla-t4", 2)]),
            ("small+a:1+b:3", "small", [("a", 1), ("b", 3)]),
            ("cpu:8+gpu:a100:2", "cpu:8", [("gpu:a100", 2)]),
        ] as [(String?, String?, [(String, Int)])]
    )
    func machine(machine: String?, type: String?, accelerators: [(String, Int)]) {
        let place = Place(tier: "t", machine: machine)
        #expect(place.machineType == type)
        #expect(place.accelerators.map(\.type) == accelerators.map(\.0))
        #expect(place.accelerators.map(\.count) == accelerators.map(\.1))
    }
}
