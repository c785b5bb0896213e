"""Pictures of machines and runs: graph, layout, SVG, Mermaid, DOT. Nothing here prints."""
