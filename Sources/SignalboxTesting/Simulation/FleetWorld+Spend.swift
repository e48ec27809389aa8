import SignalboxCore

/// What machines really cost, whatever the documents say.
extension FleetWorld {
    /// What a job may have cost above its cap: what passes until the last run's next report. The clocks of machines
    /// have no part in it: costs are reckoned by the store's.
    func checkSpend(of track: JobTrack) {
        guard let cap = track.facts.spendMaxUSD else { return }
        var spent = 0.0
        var slack = 0.0
        var stop = 0.0
        for run in track.runs {
            // Of two runs of an attempt one is fenced, or silent until it loses it; the other has all the time.
            guard !run.isDisplaced else { continue }
            guard let price = run.tier.price(of: run.order.place), let start = run.heardFirstAt, let end = run.endedAt
            else { continue }
            let until = min(end, run.unwantedAt ?? end)
            spent += price * Double(max(0, until - start)) / 3.6e9
            slack += price * Double(Self.callSeconds) / 3600
            stop = max(stop, price * Double(FleetSetting.heartbeatSeconds) / 3600)
        }
        guard spent > cap + slack + stop + 1e-9 else { return }
        fail(.spendCapped, "\(track.id) cost \(spent) USD of \(cap), \(slack + stop) are allowed above it")
    }

    /// How long a call to a store may take before the trainer's clock starts to count.
    private static let callSeconds = 12
}
