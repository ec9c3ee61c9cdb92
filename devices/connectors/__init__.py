"""How devices of a partner come in (§2): `pull` asks the partner's cloud, `push` is told by it, `native` by devices."""
