extension PriceTable {
    /// The built-in table: list prices of what users of the project would pick, in a few regions.
    ///
    /// Where the figures are from, and how far they go:
    ///
    /// - Compute Engine and Cloud TPU: SkyPilot's catalogue of Google's billing API
    ///   (https://github.com/skypilot-org/skypilot-catalog, `catalogs/v8/gcp/vms.csv`, commit 006059e). It is undated;
    ///   the table's date is the day on which it was copied, an upper bound. Entries of the catalogue that are plainly
    ///   those of a commitment (less than half of other regions') are left out.
    /// - Cloud Run jobs: https://cloud.google.com/run/pricing, the first price tier.
    /// - Vertex AI: Compute Engine's price and a fee of 15% of the price on demand, as its price list has it for N1
    ///   machines and T4; a spot machine is counted with the fee of the same machine on demand, at most too dear.
    ///
    /// List prices know no discounts, no taxes, no disks and no network; spot prices move every month. A fleet that
    /// must not overspend brings its own: `--prices FILE`, or `SIGNALBOX_PRICES`.
    public static let standard = PriceTable(
        date: "2026-11-21",
        source: "https://github.com/skypilot-org/skypilot-catalog at 006059e, https://cloud.google.com/run/pricing",
        entries: computeEngine + vertex + tpu + cloudRunJob
    )
}

// MARK: - Compute Engine

extension PriceTable {
    /// A family's price for one of its machines; its others cost in proportion, or by their own row.
    private struct Family {
        let region: String
        /// `n1-standard`; the number of vCPUs follows.
        let name: String
        let vCPUs: [Int]
        /// USD an hour for eight vCPUs with their memory.
        let onDemand: Double
        let spot: Double

        var entries: [Entry] {
            vCPUs.map { count in
                let share = Double(count) / 8
                return entry("compute-engine", region, "\(name)-\(count)", onDemand * share, spot * share)
            }
        }
    }

    private static let computeEngine: [Entry] =
        families.flatMap(\.entries) + accelerators + l4.flatMap { g2($0) } + a100.flatMap { a2($0) } + large

    private static let sizes = [2, 4, 8, 16, 32]
    private static let c3Sizes = [4, 8, 22, 44, 88, 176]
    private static let n1Sizes = [1, 2, 4, 8, 16, 32, 64, 96]

    private static let families: [Family] = [
        Family(region: "us-central1", name: "e2-standard", vCPUs: sizes, onDemand: 0.26805, spot: 0.11758),
        Family(region: "us-west4", name: "e2-standard", vCPUs: sizes, onDemand: 0.30188, spot: 0.03146),
        Family(region: "us-east5", name: "e2-standard", vCPUs: sizes, onDemand: 0.26805, spot: 0.06054),
        Family(region: "europe-west4", name: "e2-standard", vCPUs: sizes, onDemand: 0.29509, spot: 0.12285),
        Family(region: "us-central1", name: "n1-standard", vCPUs: n1Sizes, onDemand: 0.38, spot: 0.10446),
        Family(region: "us-west4", name: "n1-standard", vCPUs: n1Sizes, onDemand: 0.42797, spot: 0.13016),
        Family(region: "europe-west4", name: "n1-standard", vCPUs: n1Sizes, onDemand: 0.41834, spot: 0.16734),
        Family(region: "us-central1", name: "n2-highcpu", vCPUs: sizes, onDemand: 0.28678, spot: 0.0938),
        Family(region: "us-west4", name: "n2-highcpu", vCPUs: sizes, onDemand: 0.323, spot: 0.13752),
        Family(region: "us-east5", name: "n2-highcpu", vCPUs: sizes, onDemand: 0.28678, spot: 0.11012),
        Family(region: "europe-west4", name: "n2-highcpu", vCPUs: sizes, onDemand: 0.31572, spot: 0.10968),
        Family(region: "us-central1", name: "n2-standard", vCPUs: sizes, onDemand: 0.38847, spot: 0.12698),
        Family(region: "us-west4", name: "n2-standard", vCPUs: sizes, onDemand: 0.43748, spot: 0.18621),
        Family(region: "us-east5", name: "n2-standard", vCPUs: sizes, onDemand: 0.38847, spot: 0.14909),
        Family(region: "europe-west4", name: "n2-standard", vCPUs: sizes, onDemand: 0.42766, spot: 0.14885),
        Family(region: "us-central1", name: "c3-standard", vCPUs: c3Sizes, onDemand: 0.40322, spot: 0.06302),
        Family(region: "us-west4", name: "c3-standard", vCPUs: c3Sizes, onDemand: 0.45414, spot: 0.07829),
        Family(region: "us-east5", name: "c3-standard", vCPUs: c3Sizes, onDemand: 0.40322, spot: 0.09595),
        Family(region: "europe-west4", name: "c3-standard", vCPUs: c3Sizes, onDemand: 0.42338, spot: 0.14158),
    ]

    /// One of them, beside an N1 machine.
    private static let accelerators: [Entry] = [
        entry("compute-engine", "us-central1", "nvidia-tesla-t4", 0.35, 0.175),
        entry("compute-engine", "us-west4", "nvidia-tesla-t4", 0.37, 0.1258),
        entry("compute-engine", "europe-west4", "nvidia-tesla-t4", 0.3675, 0.175),
        entry("compute-engine", "us-central1", "nvidia-tesla-p100", 1.46, 0.7034),
        entry("compute-engine", "europe-west4", "nvidia-tesla-p100", 1.533, 0.2341),
        entry("compute-engine", "us-central1", "nvidia-tesla-v100", 2.48, 1.0885),
        entry("compute-engine", "europe-west4", "nvidia-tesla-v100", 2.604, 1.0443),
    ]

    /// USD an hour for 96 vCPUs of G2 with their memory, and for one of its accelerators.
    private static let l4: [Bundle] = [
        Bundle(region: "us-central1", host: (3.52301, 1.40966), accelerator: (0.56004, 0.2231)),
        Bundle(region: "us-west4", host: (3.96796, 1.22995), accelerator: (0.63077, 0.2103)),
        Bundle(region: "europe-west4", host: (3.70286, 1.7159), accelerator: (0.58804, 0.2438)),
    ]

    /// USD an hour for an `a2-highgpu-1g` without its accelerator, and for that.
    private static let a100: [Bundle] = [
        Bundle(region: "us-central1", host: (0.73948, 0.36975), accelerator: (2.93391, 1.4341)),
        Bundle(region: "us-west4", host: (0.8328, 0.33306), accelerator: (3.10156, 1.2406)),
        Bundle(region: "europe-west4", host: (0.81406, 0.31824), accelerator: (3.2273, 1.1691)),
    ]

    /// A machine whose accelerators are part of its type: its price is the sum of both, where its tier does not
    /// name them apart.
    private struct Bundle {
        let region: String
        let host: (onDemand: Double, spot: Double)
        let accelerator: (onDemand: Double, spot: Double)

        func entry(_ item: String, hosts: Double, accelerators: Int) -> Entry {
            let count = Double(accelerators)
            return PriceTable.entry(
                "compute-engine",
                region,
                item,
                host.onDemand * hosts + accelerator.onDemand * count,
                host.spot * hosts + accelerator.spot * count
            )
        }
    }

    private static func g2(_ bundle: Bundle, isBare: Bool = false) -> [Entry] {
        [(4, 1), (8, 1), (12, 1), (16, 1), (24, 2), (32, 1), (48, 4), (96, 8)].map { vCPUs, count in
            bundle.entry("g2-standard-\(vCPUs)", hosts: Double(vCPUs) / 96, accelerators: isBare ? 0 : count)
        }
    }

    private static func a2(_ bundle: Bundle, isBare: Bool = false) -> [Entry] {
        [1, 2, 4, 8].map { count in
            bundle.entry("a2-highgpu-\(count)g", hosts: Double(count), accelerators: isBare ? 0 : count)
        }
    }

    /// H100 without the local disks, and A100 of 80 GB, where the catalogue has a price on demand.
    private static let large: [Entry] = [
        entry("compute-engine", "us-east4", "a3-highgpu-8g", 87.83247, 20.04448),
        entry("compute-engine", "us-east5", "a3-highgpu-8g", 98.92567, 21.59104),
        entry("compute-engine", "us-east5", "a2-ultragpu-1g", 5.52382, 1.64753),
    ]
}

// MARK: - The other tiers

extension PriceTable {
    private static let vertexFee = 0.15

    /// The machines that Vertex AI offers for training, with its fee. It wants all accelerators named beside the
    /// machine, those of G2 and A2 too: `g2-standard-8+nvidia-l4:1`.
    private static let vertex: [Entry] =
        (families.flatMap(\.entries) + accelerators
        + l4.flatMap { g2($0, isBare: true) + [$0.entry("nvidia-l4", hosts: 0, accelerators: 1)] }
        + a100.flatMap { a2($0, isBare: true) + [$0.entry("nvidia-tesla-a100", hosts: 0, accelerators: 1)] })
        .map { machine in
            let fee = (machine.onDemand ?? 0) * vertexFee
            return entry(
                "vertex",
                machine.region,
                machine.item,
                machine.onDemand.map { $0 + fee },
                machine.spot.map { $0 + fee }
            )
        }

    /// USD an hour for one chip of a slice.
    private struct Chip {
        let region: String
        /// `v5litepod`; the size of the slice follows.
        let generation: String
        let sizes: [Int]
        /// v4 and v5p count TensorCores, two a chip; v2 and v3 too.
        let coresPerChip: Int
        let onDemand: Double
        let spot: Double

        init(
            _ region: String,
            _ generation: String,
            _ sizes: [Int],
            _ coresPerChip: Int,
            _ onDemand: Double,
            _ spot: Double
        ) {
            self.region = region
            self.generation = generation
            self.sizes = sizes
            self.coresPerChip = coresPerChip
            self.onDemand = onDemand
            self.spot = spot
        }

        var entries: [Entry] {
            sizes.map { size in
                let chips = Double(size) / Double(coresPerChip)
                return entry("tpu", region, "\(generation)-\(size)", onDemand * chips, spot * chips)
            }
        }
    }

    private static let v5eSizes = [1, 4, 8, 16, 32, 64, 128, 256]
    private static let v6eSizes = [1, 4, 8, 16, 32, 64, 128, 256]
    private static let coreSizes = [8, 16, 32, 64, 128]

    private static let chips: [Chip] = [
        Chip("us-central1", "v5litepod", v5eSizes, 1, 1.2, 0.24493),
        Chip("us-west4", "v5litepod", v5eSizes, 1, 1.2, 0.48),
        Chip("us-east5", "v5litepod", v5eSizes, 1, 1.2, 0.6),
        Chip("europe-west4", "v5litepod", v5eSizes, 1, 1.56, 0.44498),
        Chip("us-central1", "v6e", v6eSizes, 1, 2.7, 0.54421),
        Chip("us-east5", "v6e", v6eSizes, 1, 2.7, 1.215),
        Chip("europe-west4", "v6e", v6eSizes, 1, 2.97, 1.03748),
        Chip("us-central2", "v4", coreSizes, 2, 3.22, 0.9215),
        Chip("us-central1", "v5p", coreSizes, 2, 4.2, 0.8357),
        Chip("us-east5", "v5p", coreSizes, 2, 4.2, 1.68),
        Chip("europe-west4", "v5p", coreSizes, 2, 4.2525, 1.34849),
        Chip("us-central1", "v2", [8], 2, 1.125, 0.3375),
        Chip("europe-west4", "v2", [8], 2, 1.2375, 0.31556),
        Chip("us-central1", "v3", [8], 2, 2, 0.51),
        Chip("europe-west4", "v3", [8], 2, 2.2, 0.561),
    ]

    private static let tpu: [Entry] = chips.flatMap(\.entries)

    /// USD a second, of Cloud Run jobs in regions of the first price tier, beyond the free share.
    private static let runVCPUSecond = 0.000018
    private static let runGiBSecond = 0.000002

    private static let cloudRunJob: [Entry] = ["us-central1", "us-east1", "us-east5", "europe-west1", "europe-west4"]
        .flatMap { region in
            [1, 2, 4, 6, 8].flatMap { vCPUs in
                (1...vCPUs * 4).map { memoryGiB in
                    let second = Double(vCPUs) * runVCPUSecond + Double(memoryGiB) * runGiBSecond
                    return entry("cloud-run-job", region, "\(vCPUs)cpu-\(memoryGiB)Gi", second * 3600, nil)
                }
            }
        }

    /// Rounded to a thousandth of a cent.
    private static func entry(
        _ tier: String,
        _ region: String,
        _ item: String,
        _ onDemand: Double?,
        _ spot: Double?
    ) -> Entry {
        func rounded(_ price: Double) -> Double { (price * 100_000).rounded() / 100_000 }
        return Entry(
            tier: tier,
            region: region,
            item: item,
            onDemand: onDemand.map(rounded),
            spot: spot.map(rounded)
        )
    }
}
