## A client of the Parley protocol (../../protocol.md) for Godot 4. One file, no plugins.
##
## Add it as a node. It wants an AudioStreamPlayer3D (or 2D, or plain) for the voice, and an audio
## bus with an AudioEffectCapture, fed by an AudioStreamPlayer with an AudioStreamMicrophone;
## `audio/driver/enable_input` must be on in the project's settings.
class_name ParleyClient
extends Node

## Every message of the server, as a dictionary: state, caption, visemes, action, answered...
signal message(told: Dictionary)
## The mouth, in each picture: the weight of each of VISEMES, 0 to 1.
signal mouth(weights: PackedFloat32Array)
## The connection is lost.
signal closed(reason: String)

const VISEMES: Array[String] = [
	"sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou"
]
const HEADER := 12
const SOUND := 1
const VOICE_RATE := 24000
## Milliseconds in which one mouth shape gives way to the next.
const FADE := 60.0
## Seconds of sound that the loudspeaker is given ahead of time.
const AHEAD := 0.1

@export var url := "ws://127.0.0.1:8088/parley"
## From `parley token create`; empty for a server on this machine.
@export var token := ""
## Without a key: the voice begins and ends turns.
@export var hands_free := false
## Plays the avatar's voice: an AudioStreamPlayer, AudioStreamPlayer2D or AudioStreamPlayer3D.
@export var voice: Node
## The audio bus whose first effect is an AudioEffectCapture of the microphone.
@export var microphone_bus := "Microphone"

var welcome := {}

var _socket := WebSocketPeer.new()
var _greeted := false
var _playback: AudioStreamGeneratorPlayback
var _room := 0  # samples that the loudspeaker can hold
var _frames: Array[Dictionary] = []  # of the voice: timestamp, samples
var _waiting := 0  # samples in _frames
var _pushed := 0  # timestamp after what the loudspeaker has
var _playing := false
var _first_came := -1.0
var _reported := 0.0
var _syncs: Array[Dictionary] = []
var _shapes: Array[Array] = []  # turn, start, end, place in VISEMES, weight
var _talking := false
var _capture: AudioEffectCapture
var _sequence := 0
var _timestamp := 0


func _ready() -> void:
	var bus := AudioServer.get_bus_index(microphone_bus)
	if bus >= 0 and AudioServer.get_bus_effect_count(bus) > 0:
		_capture = AudioServer.get_bus_effect(bus, 0) as AudioEffectCapture
	var stream := AudioStreamGenerator.new()
	stream.mix_rate = VOICE_RATE
	stream.buffer_length = 2 * AHEAD
	voice.stream = stream
	_be_silent()
	_socket.inbound_buffer_size = 1 << 20
	if _socket.connect_to_url(url) != OK:
		closed.emit("%s is no address of a WebSocket" % url)


## The user holds the key down.
func press() -> void:
	_talking = true
	tell({"type": "press"})


## The user lets the key go.
func release() -> void:
	_talking = false
	tell({"type": "release"})


## Sends any message of the protocol.
func tell(what: Dictionary) -> void:
	if _socket.get_ready_state() == WebSocketPeer.STATE_OPEN:
		_socket.send_text(JSON.stringify(what))


func _process(_delta: float) -> void:
	_socket.poll()
	match _socket.get_ready_state():
		WebSocketPeer.STATE_OPEN:
			if not _greeted:
				_greet()
			while _socket.get_available_packet_count() > 0:
				var packet := _socket.get_packet()
				if _socket.was_string_packet():
					_take(JSON.parse_string(packet.get_string_from_utf8()))
				else:
					_hear(packet)
			if welcome:
				_send_microphone()
				_play()
				_show()
		WebSocketPeer.STATE_CLOSED:
			closed.emit("%d %s" % [_socket.get_close_code(), _socket.get_close_reason()])
			set_process(false)


func _exit_tree() -> void:
	tell({"type": "bye"})
	_socket.close()


func _greet() -> void:
	_greeted = true
	tell(
		{
			"type": "hello",
			"protocol": 1,
			"client": "godot",
			"token": token,
			"mode": "hands-free" if hands_free else "push-to-talk",
			"audio_in": {"codec": "pcm16", "sample_rate": int(AudioServer.get_mix_rate())},
			"audio_out": {"codec": "pcm16", "sample_rate": VOICE_RATE},
		}
	)


func _take(told: Dictionary) -> void:
	match told["type"]:
		"welcome":
			welcome = told
		"sync":
			var earlier: String = _syncs[-1]["turn"] if _syncs else ""
			var kept := [earlier, told["turn"]]
			_shapes = _shapes.filter(func(shape: Array) -> bool: return shape[0] in kept)
			_syncs.append(told)
			_syncs = _syncs.slice(-8)
		"visemes":
			for each: Array in told["visemes"]:
				var place := VISEMES.find(each[2])
				_shapes.append([told["turn"], each[0], each[0] + each[1], place, each[3]])
		"flush":
			_pushed = _heard()
			_frames.clear()
			_waiting = 0
			_playing = false
			_be_silent()
			_report()
	message.emit(told)


## Begin with an empty loudspeaker: one that plays cannot be emptied.
func _be_silent() -> void:
	voice.stop()
	voice.play()
	_playback = voice.get_stream_playback()
	_room = _playback.get_frames_available()


func _hear(packet: PackedByteArray) -> void:
	if packet.size() <= HEADER or packet[0] != SOUND:
		return
	var samples := PackedVector2Array()
	for at in range(HEADER, packet.size() - 1, 2):
		samples.append(Vector2.ONE * packet.decode_s16(at) / 32768.0)
	_frames.append({"timestamp": _big(packet, 8), "samples": samples})
	_waiting += samples.size()


static func _big(packet: PackedByteArray, at: int) -> int:
	return packet[at] << 24 | packet[at + 1] << 16 | packet[at + 2] << 8 | packet[at + 3]


## Begins with 60 ms, or 100 ms after the first frame; reports then, every 200 ms, and at the end.
func _play() -> void:
	var now := Time.get_ticks_msec() / 1000.0
	if not _playing and _waiting > 0:
		_first_came = now if _first_came < 0.0 else _first_came
		if _waiting < 0.06 * VOICE_RATE and now - _first_came < 0.1:
			return
		_first_came = -1.0
		_playing = true
		_push()
		_report()
	elif _playing:
		_push()
		if _waiting == 0 and _ahead() <= 0:
			_playing = false
			_report()
		elif now - _reported >= 0.2:
			_report()


func _push() -> void:
	while _frames and _ahead() < AHEAD * VOICE_RATE:
		var frame: Dictionary = _frames.pop_front()
		_playback.push_buffer(frame["samples"])
		_waiting -= frame["samples"].size()
		_pushed = frame["timestamp"] + frame["samples"].size()


## Samples that the loudspeaker has and has not played yet.
func _ahead() -> int:
	return maxi(0, _room - _playback.get_frames_available())


## The timestamp of the sample that is heard now.
func _heard() -> int:
	return _pushed - _ahead()


func _report() -> void:
	_reported = Time.get_ticks_msec() / 1000.0
	tell({"type": "played", "timestamp": _heard(), "playing": _playing})


func _send_microphone() -> void:
	if _capture == null:
		return
	var size := int(AudioServer.get_mix_rate() / 50)
	while _capture.can_get_buffer(size):
		var sound := _capture.get_buffer(size)
		if _talking or hands_free:
			_socket.put_packet(_frame(sound))
			_sequence += 1
		_timestamp += size  # silence is left out; timestamps tell


func _frame(sound: PackedVector2Array) -> PackedByteArray:
	var frame := PackedByteArray()
	frame.resize(HEADER + 2 * sound.size())
	frame[0] = SOUND
	for place in 4:
		frame[4 + place] = _sequence >> (24 - 8 * place) & 0xFF
		frame[8 + place] = _timestamp >> (24 - 8 * place) & 0xFF
	for place in sound.size():
		var sample := roundi(32768.0 * (sound[place].x + sound[place].y) / 2.0)
		frame.encode_s16(HEADER + 2 * place, clampi(sample, -32768, 32767))
	return frame


## position = (timestamp heard now - sync.timestamp) / sample rate + sync.position
func _show() -> void:
	var weights := PackedFloat32Array()
	weights.resize(VISEMES.size())
	var heard := _heard()
	var sync := {}
	for each in _syncs:
		if each["timestamp"] <= heard:
			sync = each
	if _playing and sync:
		var now: float = 1000.0 * (heard - int(sync["timestamp"])) / VOICE_RATE + sync["position"]
		for shape in _shapes:
			if shape[0] == sync["turn"] and shape[3] >= 0:
				var outside := maxf(maxf(shape[1] - now, now - shape[2]), 0.0)
				var weight: float = shape[4] * (1.0 - clampf(outside / FADE, 0.0, 1.0))
				weights[shape[3]] = maxf(weights[shape[3]], weight)
	mouth.emit(weights)
