// A plan of pruning that is carried out in portions, and what it rests on. The rule: it stands only while that is certainly the same: nobody else has
// changed the catalogue, and in the directories no name has come or gone but what was removed by the plan itself. Else all is planned anew, which
// takes as long as reading everything: for each portion of a hundred thousand removals that would be hours.

/// What is still to be done of a plan.
struct StandingPlan {
    let plan: PrunePlan
    /// What it was to remove, oldest first. The newest go first, so that those before `end` are left.
    let going: [ListedSnapshot]
    /// Nil: the plan does not stand any more.
    var basis: PlanBasis?
    private var end: Int

    init(_ plan: PrunePlan, going: [ListedSnapshot], basis: PlanBasis?) {
        self.plan = plan
        self.going = going
        self.basis = basis
        end = going.count
    }

    /// What is to be removed next and later, oldest first.
    var left: ArraySlice<ListedSnapshot> { going[..<end] }

    /// The same without the newest so many, which have been dealt with.
    func without(newest count: Int) -> StandingPlan {
        var rest = self
        rest.end -= count
        return rest
    }
}

/// What a plan was made of, taken before anything was looked at.
final class PlanBasis {
    let directories: [SnapshotDirectory]
    private let version: CatalogueVersion
    private let watches: [DirectoryWatch]

    /// Nil if it could not be told whether anything changes.
    init?(_ catalogue: Catalogue, _ places: [SnapshotPlace]) {
        let watches = places.compactMap { DirectoryWatch($0.file) }
        guard watches.count == places.count, let version = try? catalogue.version() else { return nil }
        directories = places.map(\.directory)
        self.version = version
        self.watches = watches
    }

    private init(_ other: PlanBasis, _ version: CatalogueVersion) {
        directories = other.directories
        watches = other.watches
        self.version = version
    }

    /// Whether all is as it was.
    func stands(_ catalogue: Catalogue) -> Bool {
        (try? catalogue.version()) == version && !watches.contains { $0.hasChanged() }
    }

    /// The basis of what is left of the plan after the removal of these by this very process; nil if something else has happened.
    func after(removing removed: [ListedSnapshot], _ catalogue: Catalogue) -> PlanBasis? {
        let names = Set(removed.compactMap { $0.snapshot.fileName?.text })
        guard let now = try? catalogue.version(), now.others == version.others,
            !watches.contains(where: { $0.hasChanged(butForRemovalOf: names) })
        else { return nil }
        return PlanBasis(self, now)
    }
}
