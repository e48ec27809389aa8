import Wire

extension InstanceSpec {
    /// The `Instance` to send (https://cloud.google.com/compute/docs/reference/rest/v1/instances).
    ///
    /// - Parameter name: of the machine, with its project and zone, within which it names types.
    func json(as name: ResourceName) -> JSON {
        let zone = "projects/\(name["projects"])/zones/\(name["zones"])"
        var members: [String: JSON] = [
            "name": .string(name["instances"]),
            "machineType": .string("\(zone)/machineTypes/\(machineType)"),
            "labels": .object(labels.mapValues { .string($0) }),
            "tags": ["items": .array(tags.map { .string($0) })],
            "metadata": [
                "items": .array(
                    metadata.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": .string($0.value)] }
                )
            ],
            "serviceAccounts": [
                ["email": .string(serviceAccount), "scopes": [.string(AccessToken.scope)]]
            ],
            "disks": [bootDisk(zone)],
            "networkInterfaces": [interface(zone: name["zones"])],
            "scheduling": scheduling,
        ]
        if !accelerators.isEmpty {
            members["guestAccelerators"] = .array(
                accelerators.map { accelerator in
                    [
                        "acceleratorType": .string("\(zone)/acceleratorTypes/\(accelerator.type)"),
                        "acceleratorCount": .integer(Int64(accelerator.count)),
                    ]
                }
            )
        }
        return .object(members)
    }

    private func bootDisk(_ zone: String) -> JSON {
        var parameters: [String: JSON] = [
            "sourceImage": .string(disk.image), "diskSizeGb": .string("\(disk.sizeGB)"),
            "labels": .object(labels.mapValues { .string($0) }),
        ]
        parameters["diskType"] = disk.type.map { .string("\(zone)/diskTypes/\($0)") }
        return ["boot": true, "autoDelete": true, "initializeParams": .object(parameters)]
    }

    private func interface(zone: String) -> JSON {
        let isPath = network.utf8.contains(UInt8(ascii: "/"))
        var interface: [String: JSON] = ["network": .string(isPath ? network : "global/networks/\(network)")]
        if let subnetwork {
            // A zone is its region and a letter: us-central1-a.
            let region = zone.split(separator: "-").dropLast().joined(separator: "-")
            let isPath = subnetwork.utf8.contains(UInt8(ascii: "/"))
            interface["subnetwork"] = .string(isPath ? subnetwork : "regions/\(region)/subnetworks/\(subnetwork)")
        }
        if hasExternalAddress {
            interface["accessConfigs"] = [["name": "external-nat", "type": "ONE_TO_ONE_NAT"]]
        }
        return .object(interface)
    }

    private var scheduling: JSON {
        var scheduling: [String: JSON] = [
            "provisioningModel": isSpot ? "SPOT" : "STANDARD",
            // What happens at the end of the run duration, and on preemption.
            "instanceTerminationAction": "DELETE",
            "maxRunDuration": ["seconds": .string("\(runSecondsMax)")],
            // A machine that failed is over: the job's lifecycle decides about the next, not the service.
            "automaticRestart": false,
        ]
        // All others move to another host while they run, where their type can.
        if isSpot || hasAccelerators { scheduling["onHostMaintenance"] = "TERMINATE" }
        return .object(scheduling)
    }

    private var hasAccelerators: Bool { !accelerators.isEmpty || Self.hasBuiltInAccelerators(machineType) }
}
