// What an administrator does without losnap: renames, moves and replaces images, unmounts and mounts them, freezes them.

import Foundation
import Synchronization
import Glibc

extension Worker {
    func rename() {
        guard storm.moving.enter(within: 0) else { return }
        defer { storm.moving.leave() }
        let old = catalogue.source("rn")
        let new = random.pick(["rn", "rn-a", "rn-b"].filter { $0 != old })
        let answer = losnap("source-rename", ["source", "rename", old, new])
        if answer.succeeded {
            catalogue.known.withLock { $0.renamed = new }
        } else {
            let list = losnap("source-list", ["source", "list"], isQuiet: true)
            let found = list.json["sources"].array.compactMap { $0["name"].string }.first { $0.hasPrefix("rn") }
            if let found { catalogue.known.withLock { $0.renamed = found } }
        }
    }

    /// The image gets another name, and its source is told.
    func move() {
        guard storm.moving.enter(within: 0) else { return }
        defer { storm.moving.leave() }
        let list = losnap("source-list", ["source", "list"], isQuiet: true)
        let name = catalogue.source("rn")
        guard let known = list.json["sources"].array.first(where: { $0["name"].string == name })?["image"].string else { return }
        let both = ["\(place.btrfs)/rn.img", "\(place.btrfs)/rn2.img"]
        guard let present = both.first(where: { exists($0) }), let other = both.first(where: { $0 != present }) else { return }
        var target = present
        // Else an earlier move was cut off after the file had its new name.
        if known == present {
            guard Glibc.rename(present, other) == 0 else { return }
            target = other
        }
        _ = losnap("source-move", ["source", "move", name, "--image", target])
    }

    /// Another file in the place of an image that nobody uses.
    func replace() {
        guard storm.moving.enter(within: 0) else { return }
        defer { storm.moving.leave() }
        let file = random.pick(["\(place.btrfs)/rn.img", "\(place.xfs)/um.img"])
        let gate = storm.gate("um")
        guard exists(file), gate.enter(within: 0) else { return }
        defer { gate.leave() }
        let copy = file + ".new"
        guard system("cp", "--reflink=always", "-p", file, copy).succeeded else { return }
        guard Glibc.rename(copy, file) == 0 else {
            unlink(copy)
            return
        }
        ledger.count("image replaced")
    }

    /// Unmounts a mounted image, now and then lazily, restores it perhaps, and mounts it again.
    func remount() {
        guard let image = place.image(random.pick(["e4", "xf", "bt", "in1"])), let at = image.mountPoint else { return }
        let gate = storm.gate(image.name)
        guard gate.enter(within: 2) else { return }
        defer { gate.leave() }
        let isLazy = random.chance(0.3)
        var isGone = false
        for _ in 0..<8 where !isGone {
            isGone = (isLazy ? system("umount", "--lazy", at) : system("umount", at)).succeeded
            if !isGone { rest(0.1) }
        }
        guard isGone else { return }
        ledger.count(isLazy ? "umount --lazy \(image.name)" : "umount \(image.name)")
        if random.chance(0.4) {
            let answer = losnap("restore", ["restore", "\(image.name)@latest~\(Int.random(in: 0..<3, using: &random))"] + wait(0.8))
            if answer.succeeded { promise(Answer(answer, only: "safety_snapshot")) }
        } else {
            rest(random.between(0, 1))
        }
        mountAgain(image, at)
    }

    private func mountAgain(_ image: Image, _ at: String) {
        var said = ""
        for _ in 0..<60 {
            let mounted = system("mount", "-o", "loop", image.file, at)
            if mounted.succeeded { return }
            said = mounted.output
            rest(0.5)
        }
        violation("an image can't be mounted again", "\(image.name): \(said)")
    }

    /// Mounts the image that is not mounted, writes into it, and unmounts it.
    func mountUnmounted() {
        let gate = storm.gate("um")
        guard gate.enter(within: 0) else { return }
        defer { gate.leave() }
        let at = place.mounts + "/tmp"
        let mounted = system("mount", "-o", "loop", place.xfs + "/um.img", at)
        guard mounted.succeeded else { return ledger.note("um: \(mounted.output)") }
        ledger.count("um mounted")
        do {
            try store(Int.random(in: 100..<300_000, using: &random), in: at, by: "um")
            for name in names(in: at).filter({ isChecksum($0) }).dropFirst(40) { unlink("\(at)/\(name)") }
            rest(random.between(0, 0.5))
        } catch { ledger.note("um: \(error)") }
        for _ in 0..<200 {
            if system("umount", at).succeeded { return }
            rest(0.1)
        }
        violation("um can't be unmounted")
    }

    /// Has a loop device in use go as soon as it may.
    func detach() {
        guard let loop = place.loops.randomElement(using: &random) else { return }
        system("losetup", "-d", loop.device)
        ledger.count("losetup -d")
    }

    /// Freezes an image like another backup program would; losnap must not thaw it. Skipped while the record of a killed losnap is left: the
    /// next command thaws what such a record names, whoever has frozen it (Docs/crash-safety.md, "What is not covered").
    func freeze() {
        guard let image = place.image(random.pick(["e4", "xf", "bt"])), let at = image.mountPoint else { return }
        let gate = storm.gate(image.name)
        guard gate.enter(within: 1) else { return }
        defer { gate.leave() }
        guard !storm.hasOrphanedRecord, isMounted(at) else { return }
        let began = now()
        storm.foreignFreezes.withLock { $0.append((image.name, began, .infinity)) }
        defer {
            storm.foreignFreezes.withLock { all in
                for index in all.indices where all[index].image == image.name && all[index].to == .infinity { all[index].to = now() }
            }
        }
        guard system("fsfreeze", "-f", at, within: 30).succeeded else { return }
        ledger.count("frozen by somebody else")
        rest(random.between(0.3, 2.5))
        let thaw = system("fsfreeze", "-u", at, within: 30)
        guard !thaw.succeeded else { return }
        if storm.lastOrphaning.withLock({ $0 > began - 2 }) { return ledger.count("thawed after losnap and guard were killed together") }
        violation("frozen by somebody else, and thawed by losnap", "\(image.name): \(thaw.output)")
    }
}
