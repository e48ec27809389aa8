import Wire

/// The records of a W&B run, by the field numbers of `wandb_internal.proto` (package `wandb`, 0.12 and later).
///
/// Record: num 1, history 2, stats 7, run 17, exit 18, final 20, header 21, control 16, `_info` 200.
enum WandBRecord {
    /// The oldest `wandb` that reads these.
    private static let consumerMin = "0.12.0"

    /// The first record of every file. Header: version_info 1; VersionInfo: producer 1, min_consumer 2.
    static func header(producer: String, number: Int) -> [UInt8] {
        record(number) { record in
            record.message(21) { header in
                header.message(1) { version in
                    version.string(1, producer)
                    version.string(2, consumerMin)
                }
            }
        }
    }

    /// The run. RunRecord: run_id 1, entity 2, project 3, config 4, run_group 6, display_name 8, tags 10, host 13,
    /// starting_step 14, start_time 17, resumed 18.
    static func run(_ run: TrackedRun, _ settings: WandBSettings, number: Int) -> [UInt8] {
        record(number) { record in
            record.message(17) { message in
                message.string(1, run.jobID)
                if let entity = settings.entity { message.string(2, entity) }
                message.string(3, settings.project)
                message.message(4) { config in
                    for (key, value) in (run.parameters.merging(run.tags) { own, _ in own }).sorted(by: {
                        $0.key < $1.key
                    }) {
                        // ConfigRecord: update 1; ConfigItem: key 1, value_json 16.
                        config.message(1) { item in
                            item.string(1, key)
                            item.string(16, JSON.string(value).serialized())
                        }
                    }
                }
                message.string(8, run.jobID)
                message.string(13, run.host)
                message.varint(14, UInt64(run.firstStep))
                message.message(17) { time(&$0, run.startedAt) }
                message.varint(18, run.attempt > 1 ? 1 : 0)
            }
        }
    }

    /// The numbers of a step. HistoryRecord: item 1, step 2; HistoryItem: nested_key 2, value_json 16; HistoryStep:
    /// num 1.
    static func history(_ values: [(name: String, value: Double)], step: Int, at: Timestamp, number: Int) -> [UInt8] {
        record(number) { record in
            record.message(2) { history in
                let own: [(String, String)] = [("_step", String(step)), ("_timestamp", "\(seconds(at))")]
                for (name, json) in values.map({ ($0.name, json($0.value)) }) + own {
                    history.message(1) { item in
                        item.string(2, name)
                        item.string(16, json)
                    }
                }
                history.message(2) { $0.varint(1, UInt64(step)) }
            }
        }
    }

    /// What was measured of the machine. StatsRecord: stats_type 1 (SYSTEM is 0), timestamp 2, item 3; StatsItem:
    /// key 1, value_json 16.
    static func stats(_ points: [MetricPoint], at: Timestamp, number: Int) -> [UInt8] {
        record(number) { record in
            record.message(7) { stats in
                stats.message(2) { time(&$0, at) }
                for point in points {
                    stats.message(3) { item in
                        item.string(1, point.name)
                        item.string(16, json(point.value))
                    }
                }
            }
        }
    }

    /// The last numbers, which a list of runs shows. SummaryRecord: update 1; SummaryItem: nested_key 2, value_json 16.
    static func summary(_ values: [(name: String, value: Double)], number: Int) -> [UInt8] {
        record(number) { record in
            record.message(3) { summary in
                for (name, value) in values {
                    summary.message(1) { item in
                        item.string(2, name)
                        item.string(16, json(value))
                    }
                }
            }
        }
    }

    /// The end. RunExitRecord: exit_code 1, runtime 2 (seconds).
    static func exit(code: Int, seconds: Int, number: Int) -> [UInt8] {
        record(number) { record in
            record.message(18) { exit in
                exit.varint(1, UInt64(code))
                exit.varint(2, UInt64(max(seconds, 0)))
            }
        }
    }

    private static func record(_ number: Int, _ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var record = ProtobufWriter()
        record.varint(1, UInt64(number))
        body(&record)
        return record.bytes
    }

    /// google.protobuf.Timestamp: seconds 1, nanos 2.
    private static func time(_ message: inout ProtobufWriter, _ time: Timestamp) {
        message.varint(1, UInt64(bitPattern: time.seconds))
        message.varint(2, UInt64(time.nanoseconds))
    }

    private static func seconds(_ time: Timestamp) -> Double { Double(time.seconds) + Double(time.nanoseconds) / 1e9 }

    /// A number as W&B's own client writes it: what JSON has no word for is text.
    private static func json(_ value: Double) -> String {
        if value.isNaN { return "\"NaN\"" }
        return value.isFinite ? JSON.double(value).serialized() : value < 0 ? "\"-Infinity\"" : "\"Infinity\""
    }
}
