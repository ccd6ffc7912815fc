// What proves that a file under a hidden name is a clone that a restore made and never put in the image's place, so that nothing is lost with it. The
// rule: only root can have written it (`trusted.`), and it holds for one inode under one name: a copy of it, or the image that the clone has
// become, proves nothing.

import CloneCore
import Glibc

/// An extended attribute of a clone under a hidden name.
enum HiddenCloneMark {
    private static var attribute: String { RecordAttribute.name(user: geteuid()) + ".restore" }

    private static func text(_ identity: FileIdentity, _ name: String, _ catalogue: Identifier) -> [UInt8] {
        Array("1 \(catalogue) \(identity.inode) \(name)".utf8)
    }

    /// Marks a clone that is about to get that name. Without it the clone can only be listed: no error.
    static func set(on clone: OpenFile, named name: String, catalogue: Identifier, kernel: Kernel) {
        guard let identity = try? clone.status().identity else { return }
        try? kernel.setXattr(clone.descriptor, attribute, text(identity, name, catalogue))
    }

    /// Takes the mark from what has become the image.
    static func remove(from image: OpenFile, kernel: Kernel) { try? kernel.removeXattr(image.descriptor, attribute) }

    /// Whether the file is a clone that a restore of this catalogue has left under that name.
    static func proves(_ file: OpenFile, named name: String, catalogue: Identifier, kernel: Kernel) -> Bool {
        guard let status = try? file.status(), status.kind == .regular, status.links == 1,
            let mark = try? kernel.getXattr(file.descriptor, attribute)
        else { return false }
        return mark == text(status.identity, name, catalogue)
    }
}
