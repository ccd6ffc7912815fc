// Commands that show, check, repair or copy.

import Foundation
import Glibc

extension Worker {
    func list() {
        let options = random.pick([
            [], [source()], ["--held"], ["--tag", "a"], ["--label", "keep*"], ["--reverse", "--sort", "allocated"], ["--since", "2min"],
        ])
        if random.chance(0.75) {
            _ = losnap("list", ["list"] + options)
        } else {
            _ = losnap("list", ["list"] + options + [random.pick(["--csv", "-q", "--utc"])], asJSON: false)
        }
    }

    func show() { _ = losnap("show", ["show", reference()]) }

    func check() {
        if random.chance(0.25), catalogue.isPrivileged {
            _ = losnap("check", ["check", "--prometheus", "\(place.directory)/keep/metrics"], asJSON: false)
        } else {
            let name = catalogue.source(random.pick(catalogue.images))
            _ = losnap("check", ["check"] + (random.chance(0.3) ? [name] : []), asJSON: random.chance(0.8))
        }
    }

    func log() {
        let source = String(reference().prefix { $0 != "@" })
        _ = losnap("log", ["log"] + random.pick([[], ["--last", "5"], [source], ["--since", "2min"]]))
    }

    func sources() { _ = losnap("source-list", ["source", "list"] + (random.chance(0.3) ? ["--all"] : [])) }

    func repair() {
        let chosen = random.chance(0.4) ? [catalogue.source(random.pick(catalogue.images))] : []
        _ = losnap("repair", ["repair"] + chosen + (random.chance(0.3) ? ["--dry-run"] : []) + wait())
    }

    func forget() { _ = losnap("repair-forget", ["repair", "--forget"] + wait()) }

    func thaw() { _ = losnap("thaw", ["thaw"]) }

    func others() {
        let words = random.pick([["policy", "list"], ["config", "check"], ["config", "show"], ["mount"]])
        _ = losnap(words.joined(separator: "-"), words)
    }

    func loclone() {
        guard let image = place.image(random.pick(["e4", "xf", "bt", "um"])) else { return }
        let copy = "\(place.base(of: image.file))/out/loclone\(number).img"
        let program = (storm.request.losnap as NSString).deletingLastPathComponent + "/loclone"
        let answer = storm.losnap(catalogue, "loclone", [image.file, copy], Manner(asJSON: false, program: [program]))
        if answer.succeeded, !exists(copy) { violation("loclone ended with 0, and there is no copy", answer.evidence) }
        unlink(copy)
    }

    /// A user who asks for what is not his: images and the catalogue of root.
    func strange() {
        let user = storm.user
        let secret = place.state + "/catalogue.sqlite"
        let (words, environment) = random.pick([
            (["create", "\(place.xfs)/e4.img"], [:]), (["list"], ["LOSNAP_CATALOGUE": secret]), (["check"], ["LOSNAP_CATALOGUE": secret]),
            (["restore", "1"], ["LOSNAP_CATALOGUE": secret]), (["create", "\(place.btrfs)/rn.img"], ["LOSNAP_CATALOGUE": secret]),
        ])
        let answer = storm.losnap(user, words[0] == "check" ? "check" : "stranger", words, Manner(environment: environment))
        if answer.succeeded { violation("a user may do what root alone may", answer.evidence) }
    }
}
