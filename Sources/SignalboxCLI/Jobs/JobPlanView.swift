import SignalboxCore
import Wire

/// A plan as people and programs see it.
struct JobPlanView {
    let plan: JobPlan
    let table: PriceTable
    let hours: Double?
    var job: Job?
    var billedUSD: Double?
    var drifts: [PriceDrift] = []

    // MARK: - For programs

    /// `docs/json-output.md` lists the members.
    var json: JSON {
        var drift: [String: JSON] = [:]
        for subject in PriceDrift.Subject.allCases { drift[subject.rawValue] = .null }
        for found in drifts { drift[found.subject.rawValue] = Self.json(found) }
        return [
            "job_id": job.map { .string($0.id) } ?? .null,
            "places": .array(plan.entries.map(json)),
            "prices": ["date": .string(table.date), "source": .string(table.source)],
            "hours": Self.number(hours),
            "spend_max_usd": Self.number(plan.spendMaxUSD),
            "spent_usd": .double(plan.spentUSD),
            "billed_usd": Self.number(billedUSD),
            "refusals": .integer(Int64(job?.refusals ?? 0)),
            "not_before": job?.notBefore.map { .string($0.description) } ?? .null,
            "canary_passed": job?.canaryPassed.map(JSON.bool) ?? .null,
            "drift": .object(drift),
        ]
    }

    private func json(_ entry: LadderView.Entry) -> JSON {
        let place = entry.rung.place
        return [
            "place": .string(place.description),
            "tier": .string(place.tier),
            "location": place.location.map(JSON.string) ?? .null,
            "machine": place.machine.map(JSON.string) ?? .null,
            "provisioning": .string(place.provisioning.rawValue),
            "usd_per_hour": Self.number(entry.rung.usdPerHour),
            "usd_per_hour_max": Self.number(entry.rung.usdPerHourMax),
            "usable": .bool(entry.reason == nil),
            "reason": entry.reason.map(JSON.string) ?? .null,
            "order": entry.order.map { .integer(Int64($0)) } ?? .null,
            "run_seconds_max": entry.order == nil ? .null : .integer(Int64(entry.runSecondsMax)),
            "expected_usd": Self.number(hours.flatMap(entry.usd)),
        ]
    }

    private static func json(_ drift: PriceDrift) -> JSON {
        [
            "reckoned": .double(drift.reckoned),
            "actual": .double(drift.actual),
            "share": number(drift.share),
            "beyond_tolerance": .bool(drift.isBeyondTolerance),
        ]
    }

    private static func number(_ value: Double?) -> JSON { value.map(JSON.double) ?? .null }

    // MARK: - For people

    /// The table of places, then a line for each thing there is to know.
    var lines: [String] {
        let priced = "prices of \(table.date)" + (table.source.isEmpty ? "" : " from \(table.source)")
        return places + [priced] + spending + jobLines + drifts.filter(\.isBeyondTolerance).map(line)
    }

    private var places: [String] {
        var table = Table(
            "",
            "PLACE",
            "PROVISIONING",
            "USD/H",
            "CEILING",
            hours.map { "USD IN \(text($0)) H" } ?? "RUNS",
            "USABLE"
        )
        for entry in plan.entries {
            let runs = entry.order == nil ? "-" : "to " + Figures.seconds(Double(entry.runSecondsMax))
            table.add(
                entry.order.map { "\($0)" } ?? "-",
                Self.name(entry.rung.place),
                entry.rung.place.provisioning == .spot ? "spot" : "on demand",
                amount(entry.rung.usdPerHour),
                amount(entry.rung.usdPerHourMax),
                hours.map { amount(entry.usd(hours: $0)) } ?? runs,
                entry.reason.map { "no: \($0)" } ?? "yes"
            )
        }
        return plan.entries.isEmpty ? ["no place: the ladder names none of that tier"] : table.lines
    }

    /// What the cap leaves for the first place.
    private var spending: [String] {
        guard let cap = plan.spendMaxUSD else { return ["no spend cap"] }
        let money = "spend cap \(USD.text(cap)), \(USD.text(plan.spentUSD)) of it spent"
        guard let first = plan.first else { return [money + ": no run is launched"] }
        let time = Figures.seconds(Double(first.runSecondsMax))
        var lines = [money + ": a run at \(Self.name(first.rung.place)) may take \(time)"]
        if let hours, Double(first.runSecondsMax) < hours * 3600 {
            lines.append("\(text(hours)) h do not fit: the run checkpoints and stops after \(time)")
        }
        return lines
    }

    private var jobLines: [String] {
        guard let job else { return [] }
        var lines: [String] = []
        if plan.spendMaxUSD == nil { lines.append("spent so far \(USD.text(plan.spentUSD))") }
        if let placement = job.placement {
            let price = placement.usdPerHour.map { "\(USD.text($0)) an hour" } ?? "at an unknown price"
            lines.append("attempt \(job.attempt) was placed at \(placement.place), \(price)")
        }
        if job.refusals > 0 { lines.append("refused \(job.refusals) times in a row") }
        if job.phase == .pending, let notBefore = job.notBefore {
            lines.append("nothing is launched before \(notBefore)")
        }
        if let passed = job.canaryPassed {
            lines.append(passed ? "its checkpoints restore" : "its checkpoints do not restore")
        }
        return lines
    }

    private func line(_ drift: PriceDrift) -> String {
        let (reckoned, actual) = (USD.text(drift.reckoned), USD.text(drift.actual))
        let trained = job?.trainingHours.map(text) ?? "-"
        let percent = drift.share.map { " (\($0 > 0 ? "+" : "")\(Figures.fixed($0 * 100, 1)) %)" } ?? ""
        switch drift.subject {
        case .usdPerHour:
            return "drift: the attempt was reckoned with \(reckoned) an hour, the table says \(actual)\(percent): "
                + "see that the functions have the same table (SIGNALBOX_PRICES)"
        case .measuredUSD:
            guard let hours else {
                return "drift: the \(trained) h of its training cost \(reckoned) there, its runs were measured at "
                    + "\(actual)\(percent): what machines took to start and attempts that were lost come on top, "
                    + "see its recoveries"
            }
            return "drift: \(text(hours)) h cost \(reckoned) there, the job's runs were measured at "
                + "\(actual)\(percent): plan with other hours, and see its recoveries"
        case .billedUSD:
            return "drift: the bill says \(actual), the document \(reckoned)\(percent): "
                + "renew the price table (--prices to try it, SIGNALBOX_PRICES to set it)"
        }
    }

    private func amount(_ usd: Double?) -> String { usd.map { Figures.fixed($0, 4) } ?? "-" }

    private func text(_ hours: Double) -> String {
        hours == hours.rounded() ? Figures.fixed(hours, 0) : Figures.fixed(hours, 2)
    }

    /// A place without its provisioning, which has a column of its own.
    static func name(_ place: Place) -> String {
        guard let machine = place.machine else { return place.location.map { "\(place.tier)/\($0)" } ?? place.tier }
        return "\(place.tier)/\(place.location ?? "-")/\(machine)"
    }
}
