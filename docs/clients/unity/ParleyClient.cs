// A client of the Parley protocol (../../protocol.md) for Unity 2021 and newer. One file, no packages.
// Put it on the avatar: its AudioSource is the avatar's voice, its SkinnedMeshRenderer has the mouth.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Net.WebSockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using UnityEngine;

/// <summary>Talks with a Parley server: microphone in, voice and mouth out.</summary>
[RequireComponent(typeof(AudioSource))]
public sealed class ParleyClient : MonoBehaviour
{
    /// <summary>Where the server is.</summary>
    public string Url = "ws://127.0.0.1:8088/parley";
    /// <summary>From <c>parley token create</c>; empty for a server on this machine.</summary>
    public string Token = "";
    /// <summary>Without a key: the voice begins and ends turns.</summary>
    public bool HandsFree;
    /// <summary>Has the mouth's blendshapes.</summary>
    public SkinnedMeshRenderer Face;
    /// <summary>The blendshape of each of the 15 visemes of Oculus LipSync, in its order; -1 for none.</summary>
    public int[] Blendshapes = { -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 };

    /// <summary>A message from the server, as JSON, on the main thread; after the client's own work.</summary>
    public event Action<string, string> OnMessage;

    private static readonly string[] Visemes =
        { "sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou" };
    private const int Header = 12, MicrophoneRate = 16000;
    private const float Fade = 0.06f; // seconds in which one shape gives way to the next

    private readonly ConcurrentQueue<Action> _work = new ConcurrentQueue<Action>(); // for the main thread
    private readonly BlockingCollection<(byte[] Data, WebSocketMessageType Type)> _outbox =
        new BlockingCollection<(byte[] Data, WebSocketMessageType Type)>(512);
    private readonly CancellationTokenSource _end = new CancellationTokenSource();
    private readonly object _lock = new object();
    private readonly Queue<(uint Timestamp, float[] Samples)> _frames = new Queue<(uint, float[])>(); // under _lock
    private readonly List<(uint Timestamp, int Position, string Turn)> _syncs = new List<(uint, int, string)>();
    private readonly List<(int Start, int End, int Shape, float Weight, string Turn)> _shapes =
        new List<(int, int, int, float, string)>();

    private int _rate, _offset, _waiting; // of the voice; samples of the first frame that were played; samples that wait
    private double _resampled; // where between two samples the loudspeaker is
    private bool _playing, _talking, _flushed;
    private uint _heard; // timestamp of the sample that is heard next
    private float _firstCame = -1f, _reported;
    private bool _wasPlaying;
    private int _outputRate = 48000;
    private AudioClip _microphone;
    private int _read; // samples of the microphone's clip
    private uint _sequence, _timestamp;

    [Serializable] private class Any { public string type = ""; public string turn = ""; }
    [Serializable] private class Format { public string codec = "pcm16"; public int sample_rate; }
    [Serializable] private class Welcome { public Format audio_out = new Format(); }
    [Serializable] private class Sync { public string turn = ""; public uint timestamp; public int position; }

    /// <summary>The user holds the key down.</summary>
    public void Press() { _talking = true; Tell("{\"type\":\"press\"}"); }

    /// <summary>The user lets the key go.</summary>
    public void Release() { _talking = false; Tell("{\"type\":\"release\"}"); }

    /// <summary>Sends any message of the protocol.</summary>
    public void Tell(string json) =>
        _outbox.TryAdd((Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text));

    private void Awake() => _outputRate = AudioSettings.outputSampleRate;

    private void Start()
    {
        _microphone = Microphone.Start(null, true, 1, MicrophoneRate);
        GetComponent<AudioSource>().Play(); // OnAudioFilterRead runs while it plays
        _ = Task.Run(Connect);
    }

    private void OnDestroy()
    {
        Tell("{\"type\":\"bye\"}");
        _outbox.CompleteAdding();
        _end.CancelAfter(1000);
        Microphone.End(null);
    }

    private void Update()
    {
        while (_work.TryDequeue(out var work)) work();
        if (_rate == 0) return;
        SendMicrophone();
        Report();
        if (Face != null) Show();
    }

    // --- the connection, on threads of its own ---

    private async Task Connect()
    {
        var socket = new ClientWebSocket();
        try
        {
            await socket.ConnectAsync(new Uri(Url), _end.Token);
            var mode = HandsFree ? "hands-free" : "push-to-talk";
            Tell("{\"type\":\"hello\",\"protocol\":1,\"client\":\"unity\",\"mode\":\"" + mode + "\",\"token\":\"" + Token
                + "\",\"audio_in\":{\"codec\":\"pcm16\",\"sample_rate\":" + MicrophoneRate
                + "},\"audio_out\":{\"codec\":\"pcm16\",\"sample_rate\":24000}}");
            var sending = Task.Run(() => Send(socket));
            await Receive(socket);
            await sending;
        }
        catch (OperationCanceledException) { }
        catch (Exception error) { _work.Enqueue(() => Debug.LogError("Parley: " + Url + ": " + error.Message)); }
        finally { socket.Dispose(); }
    }

    private async Task Send(ClientWebSocket socket)
    {
        foreach (var message in _outbox.GetConsumingEnumerable(_end.Token))
            await socket.SendAsync(new ArraySegment<byte>(message.Data), message.Type, true, _end.Token);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", _end.Token);
    }

    private async Task Receive(ClientWebSocket socket)
    {
        var buffer = new byte[65536];
        while (socket.State == WebSocketState.Open || socket.State == WebSocketState.CloseSent)
        {
            var size = 0;
            WebSocketReceiveResult part;
            do
            {
                if (size == buffer.Length) Array.Resize(ref buffer, 2 * size);
                part = await socket.ReceiveAsync(new ArraySegment<byte>(buffer, size, buffer.Length - size), _end.Token);
                size += part.Count;
            } while (!part.EndOfMessage);
            if (part.MessageType == WebSocketMessageType.Close) return;
            if (part.MessageType == WebSocketMessageType.Binary) Hear(buffer, size);
            else
            {
                var json = Encoding.UTF8.GetString(buffer, 0, size);
                if (JsonUtility.FromJson<Any>(json).type == "flush") Flush(); // at once, not with the next picture
                _work.Enqueue(() => Take(json));
            }
        }
    }

    private void Hear(byte[] frame, int size)
    {
        if (size <= Header || frame[0] != 1) return;
        var samples = new float[(size - Header) / 2];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)(frame[Header + 2 * i] | frame[Header + 2 * i + 1] << 8) / 32768f;
        lock (_lock)
        {
            _frames.Enqueue((Big(frame, 8), samples));
            _waiting += samples.Length;
        }
    }

    private static uint Big(byte[] data, int at) =>
        (uint)(data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]);

    private void Flush()
    {
        lock (_lock)
        {
            _frames.Clear();
            _offset = _waiting = 0;
            _playing = false;
            _flushed = true;
        }
    }

    // --- the voice, on the sound's thread ---

    private void OnAudioFilterRead(float[] data, int channels)
    {
        lock (_lock)
        {
            if (_rate == 0 || !_playing) return;
            var step = _rate / (double)_outputRate;
            for (var i = 0; i < data.Length; i += channels)
            {
                if (_frames.Count == 0) { _playing = false; return; }
                var (timestamp, samples) = _frames.Peek();
                for (var channel = 0; channel < channels; channel++) data[i + channel] += samples[_offset];
                _heard = timestamp + (uint)_offset;
                for (_resampled += step; _resampled >= 1; _resampled -= 1)
                {
                    _offset++;
                    _waiting--;
                    if (_offset < samples.Length) continue;
                    _frames.Dequeue();
                    _offset = 0;
                    if (_frames.Count == 0) { _heard = timestamp + (uint)samples.Length; _playing = false; return; }
                    (timestamp, samples) = _frames.Peek();
                }
            }
        }
    }

    // --- the main thread ---

    private void Take(string json)
    {
        var message = JsonUtility.FromJson<Any>(json);
        if (message.type == "welcome") _rate = JsonUtility.FromJson<Welcome>(json).audio_out.sample_rate;
        else if (message.type == "visemes") TakeVisemes(message.turn, json);
        else if (message.type == "sync")
        {
            var sync = JsonUtility.FromJson<Sync>(json);
            if (_syncs.Count > 0 && _syncs[_syncs.Count - 1].Turn != sync.turn)
                _shapes.RemoveAll(shape => shape.Turn != sync.turn && shape.Turn != _syncs[_syncs.Count - 1].Turn);
            _syncs.Add((sync.timestamp, sync.position, sync.turn));
            if (_syncs.Count > 8) _syncs.RemoveAt(0);
        }
        OnMessage?.Invoke(message.type, json);
    }

    // JsonUtility reads no arrays in arrays: [[start, length, "name", weight], ...]
    private void TakeVisemes(string turn, string json)
    {
        var at = json.IndexOf("\"visemes\":", StringComparison.Ordinal) + 10;
        foreach (var shape in json.Substring(at, json.LastIndexOf(']') - at).Split('['))
        {
            var parts = shape.Trim(' ', ',', ']').Split(',');
            if (parts.Length != 4) continue;
            var invariant = System.Globalization.CultureInfo.InvariantCulture;
            var start = int.Parse(parts[0], invariant);
            var name = Array.IndexOf(Visemes, parts[2].Trim(' ', '"'));
            _shapes.Add((start, start + int.Parse(parts[1], invariant), name, float.Parse(parts[3], invariant), turn));
        }
    }

    private void SendMicrophone()
    {
        const int size = MicrophoneRate / 50;
        var position = Microphone.GetPosition(null);
        var samples = new float[size];
        while ((position - _read + _microphone.samples) % _microphone.samples >= size)
        {
            _microphone.GetData(samples, _read);
            _read = (_read + size) % _microphone.samples;
            if (_talking || HandsFree) _outbox.TryAdd((Frame(samples), WebSocketMessageType.Binary));
            _timestamp += size; // silence is left out; timestamps tell
        }
    }

    private byte[] Frame(float[] samples)
    {
        var frame = new byte[Header + 2 * samples.Length];
        frame[0] = 1;
        for (var i = 0; i < 4; i++)
        {
            frame[4 + i] = (byte)(_sequence >> 24 - 8 * i);
            frame[8 + i] = (byte)(_timestamp >> 24 - 8 * i);
        }
        _sequence++;
        for (var i = 0; i < samples.Length; i++)
        {
            var value = (short)Mathf.Clamp(Mathf.RoundToInt(32768f * samples[i]), -32768, 32767);
            frame[Header + 2 * i] = (byte)value;
            frame[Header + 2 * i + 1] = (byte)(value >> 8);
        }
        return frame;
    }

    // Begin with 60 ms, or 100 ms after the first frame; tell at the beginning, every 200 ms, and at the end.
    private void Report()
    {
        uint heard;
        bool playing, changed;
        lock (_lock)
        {
            if (!_playing && _waiting > 0)
            {
                if (_firstCame < 0) _firstCame = Time.unscaledTime;
                _playing = _waiting >= 0.06f * _rate || Time.unscaledTime - _firstCame >= 0.1f;
                if (_playing) _heard = _frames.Peek().Timestamp + (uint)_offset;
            }
            if (_playing) _firstCame = -1;
            (heard, playing, changed) = (_heard, _playing, _playing != _wasPlaying || _flushed);
            _flushed = false;
        }
        if (!changed && (!playing || Time.unscaledTime - _reported < 0.2f)) return;
        (_reported, _wasPlaying) = (Time.unscaledTime, playing);
        Tell("{\"type\":\"played\",\"timestamp\":" + heard + ",\"playing\":" + (playing ? "true" : "false") + "}");
    }

    // position = (timestamp heard now - sync.timestamp) / sample rate + sync.position
    private void Show()
    {
        var weights = new float[Visemes.Length];
        if (_playing)
        {
            for (var i = _syncs.Count - 1; i >= 0; i--)
            {
                var since = (int)(_heard - _syncs[i].Timestamp);
                if (since < 0) continue;
                var now = _syncs[i].Position + 1000f * since / _rate;
                foreach (var shape in _shapes)
                {
                    if (shape.Turn != _syncs[i].Turn || shape.Shape < 0) continue;
                    var outside = Mathf.Max(shape.Start - now, now - shape.End, 0f);
                    var share = 1f - Mathf.Clamp(outside / (1000f * Fade), 0f, 1f);
                    weights[shape.Shape] = Mathf.Max(weights[shape.Shape], share * shape.Weight);
                }
                break;
            }
        }
        for (var i = 0; i < weights.Length && i < Blendshapes.Length; i++)
            if (Blendshapes[i] >= 0) Face.SetBlendShapeWeight(Blendshapes[i], 100f * weights[i]);
    }
}
