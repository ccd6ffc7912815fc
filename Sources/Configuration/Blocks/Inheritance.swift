// From policies as they are written to policies with what they inherit. The rule: a policy that inherits from itself, however far around, and one
// that inherits what is not there are errors where `inherits` stands.

import CloneCore

struct Inheritance {
    let policies: [String: PolicyBlock]
    let problems: ProblemList

    /// The policy with everything that it inherits.
    func resolved(_ policy: PolicyBlock) -> PolicyBlock {
        var chain = [policy]
        while let inherits = chain[chain.count - 1].inherits, let name = inherits.value {
            guard let parent = policies[name] else {
                // Told once, by the policy that says it.
                if chain.count == 1 {
                    let near = nearestNames(to: name, among: Array(policies.keys), limit: 1).first
                    problems.add(
                        inherits.position, "inherits: there is no policy '\(name.shown)'",
                        hint: near.map { "did you mean \($0)?" } ?? "policies are defined under policies:")
                }
                break
            }
            if let start = chain.firstIndex(where: { $0.name == name }) {
                if start == 0, let own = policy.inherits {
                    let path = (chain.map(\.name) + [name]).joined(separator: " -> ")
                    problems.add(own.position, "inherits: \(path) is a circle", hint: "let one of them inherit nothing")
                }
                break
            }
            chain.append(parent)
        }
        return chain.dropLast().reversed().reduce(chain[chain.count - 1]) { $1.inheriting($0) }
    }
}
