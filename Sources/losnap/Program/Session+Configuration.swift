// Which configuration holds. The rule: one that is named must be there and be right, whatever the command; the usual one is read by those
// commands that need it, and may be absent.

import Automation
import Configuration
import Foundation
import SystemPackage

/// A configuration and the file that it was read from.
struct FoundConfiguration {
    /// nil if there is none.
    let path: FilePath?
    let configuration: LosnapConfiguration

    static let none = FoundConfiguration(path: nil, configuration: .empty)
}

extension Session {
    /// Looks at the configuration that is named, if one is.
    func checkConfiguration(_ named: String?) throws {
        if named != nil || variable("LOSNAP_CONFIG") != nil { _ = try configuration(named) }
    }

    /// Reads the configuration: the one that is named, or the usual one.
    func configuration(_ named: String?) throws -> FoundConfiguration {
        if let named = named ?? variable("LOSNAP_CONFIG") {
            if named.isEmpty { throw FrontError.usage("--config names no file", hint: "give a path, or leave the option out") }
            return try read(absolute(named), .required)
        }
        return try usualConfiguration.map { path in try read(path, .optional) } ?? .none
    }

    /// The sources of a configuration as they are here.
    func configuredSources(_ found: FoundConfiguration) -> ConfiguredSources {
        ConfiguredSources(found.configuration, systemZone: localZone) { resolved($0.string) }
    }

    /// What hooks are given: where losnap's own things are, so that a losnap that a hook starts finds the same.
    func hookSurroundings(_ arguments: CatalogueArguments, _ found: FoundConfiguration) throws -> HookSurroundings {
        var variables = ["LOSNAP_CATALOGUE": try cataloguePath(arguments.catalogue).string]
        variables["LOSNAP_CONFIG"] = found.path?.string
        variables["LOSNAP_RUNTIME_DIR"] = variable("LOSNAP_RUNTIME_DIR")
        return HookSurroundings(home: userID == 0 ? "/root" : variable("HOME") ?? "/", variables: variables)
    }

    private func read(_ path: FilePath, _ presence: ConfigurationPresence) throws -> FoundConfiguration {
        let configuration = try LosnapConfiguration.read(path, presence, user: userID, kernel: kernel)
        return configuration.map { FoundConfiguration(path: path, configuration: $0) } ?? .none
    }

    /// Where a configuration is looked for; nil if nothing says where a user's lies.
    private var usualConfiguration: FilePath? {
        if userID == 0 { return "/etc/losnap/losnap.yaml" }
        // The XDG specification has relative paths ignored.
        if let place = variable("XDG_CONFIG_HOME"), place.hasPrefix("/") { return FilePath(place).appending("losnap/losnap.yaml") }
        return variable("HOME").map { absolute($0).appending(".config/losnap/losnap.yaml") }
    }
}
