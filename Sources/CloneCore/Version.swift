// The one place where the version stands.

/// The version of losnap and loclone.
public let losnapVersion = "0.1.0"
