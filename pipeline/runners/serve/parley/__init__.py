"""The protocol of Parley's own clients, over WebSocket and WebRTC."""
