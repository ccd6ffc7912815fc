// Taking snapshots as configured: the request that the orders of several sources make, with their hooks around it.

import CloneCore
public import Snapshots

extension Store {
    /// Takes snapshots of the sources of these orders, at one instant if they are several.
    ///
    /// - Parameters:
    ///   - orders: the sources, each with what holds for it.
    ///   - request: what holds for all: label, tags, hold, origin, time. Its sources and settings are put in.
    ///   - surroundings: what hooks are given.
    ///   - runner: what runs them.
    public func take(
        _ orders: [TakeOrder], _ request: CreateRequest, _ surroundings: HookSurroundings, runner: HookRunner = .shell
    ) -> TakeOutcome {
        // A source may be named twice, by a path and by a mount point; its hooks run once.
        let orders = orders.reduce(into: [TakeOrder]()) { list, order in
            if !list.contains(where: { $0.source.imagePath == order.source.imagePath }) { list.append(order) }
        }
        let sequence = HookSequence(
            members: orders.map { .init(name: $0.source.name.text, image: $0.source.imagePath, hooks: $0.hooks, group: $0.group) },
            surroundings: surroundings, runner: runner)
        let request = request.filled(with: orders)
        var locks: [FileLock] = []
        // To behind the last hook.
        defer { withExtendedLifetime(locks) {} }
        return sequence.run(
            check: { () throws(SnapshotsError) in
                locks = try lockHooks(of: orders.filter { !$0.hooks.isEmpty }.map(\.source.imagePath))
                try checkCreate(request)
            },
            take: { () throws(SnapshotsError) in try create(request) })
    }
}

extension CreateRequest {
    fileprivate func filled(with orders: [TakeOrder]) -> CreateRequest {
        var request = self
        request.sources = orders.map { order in
            var source = order.source
            source.policy = order.policy?.name
            source.scope = order.policy?.scope
            return source
        }
        // The most careful one counts for all, who are frozen together.
        if let shortest = orders.map(\.maxFreezeNanoseconds).min() { request.maxFreezeNanoseconds = shortest }
        if let longest = orders.map(\.maxPrepareNanoseconds).max() { request.maxPrepareNanoseconds = longest }
        for order in orders {
            request.exceptions[order.source.id] = Exception(
                consistency: order.consistency, way: order.way, setsImmutable: order.setsImmutable, directory: order.directory)
        }
        return request
    }
}
