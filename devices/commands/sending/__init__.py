"""The three ways out (§2): by the maker's cloud (`pulling`), by webhook (`pushing`), by MQTT (`publishing`)."""
