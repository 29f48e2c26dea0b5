"""Makes the vectors that Licet's language model is compared with.

    golden.py models DIR       tiny models with random weights, their logits, losses, gradients, and adapters that PEFT wrote
    golden.py ours DIR SAVED   what PEFT makes of the adapters that Licet wrote to DIR/*/ours; and that transformers
                               loads the bases that Licet saved to SAVED/*, and finds the same logits

`make golden-lm` runs both, with the Go test that writes the adapters between them. The packages are locked in
requirements.txt; their versions go into DIR/versions.json. The same machine gives the same bytes; one thread and plain
instructions are asked for so that others do, too.
"""

import os
import sys

SETTINGS = {
    "PYTHONHASHSEED": "0",  # PEFT writes a set of names
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "TQDM_DISABLE": "1",
    "CUDA_VISIBLE_DEVICES": "",
}
if __name__ == "__main__" and any(os.environ.get(k) != v for k, v in SETTINGS.items()):
    os.environ.update(SETTINGS)
    os.execv(sys.executable, [sys.executable, *sys.argv])

import importlib.metadata
import json
import pathlib
import platform
import shutil
import warnings

import numpy
import peft
import safetensors.torch
import torch
import transformers

VOCAB = 272
LENGTHS = [3, 12, 33]
BASIC = dict(vocab_size=VOCAB, num_hidden_layers=2, bos_token_id=1, eos_token_id=0)
LLAMA3_ROPE = dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)
SEVEN = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

# name: configuration, type of the weights, largest shard, settings of the adapter, whether every gradient is kept
MODELS = {
    "llama2": (
        transformers.LlamaConfig(**BASIC, hidden_size=32, intermediate_size=80, num_attention_heads=4, num_key_value_heads=4, rms_norm_eps=1e-5,
                                 max_position_embeddings=64, rope_parameters=dict(rope_type="default", rope_theta=10000.0)),
        torch.float32, "1GB", dict(target_modules=SEVEN), False),
    "llama3": (
        transformers.LlamaConfig(**BASIC | dict(eos_token_id=[0, 5]), hidden_size=32, intermediate_size=72, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
                                 rms_norm_eps=1e-5, max_position_embeddings=512, rope_parameters=LLAMA3_ROPE),
        torch.bfloat16, "1GB", dict(target_modules="all-linear", use_rslora=True), False),
    "llama-biases": (
        transformers.LlamaConfig(**BASIC, hidden_size=24, intermediate_size=40, num_attention_heads=3, num_key_value_heads=1, attention_bias=True, mlp_bias=True,
                                 max_position_embeddings=64, rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.0)),
        torch.float32, "1GB", dict(target_modules=["o_proj", "down_proj"]), True),
    "smollm2": (
        transformers.LlamaConfig(**BASIC, hidden_size=48, intermediate_size=96, num_attention_heads=3, num_key_value_heads=1, rms_norm_eps=1e-5,
                                 max_position_embeddings=128, tie_word_embeddings=True, rope_parameters=dict(rope_type="default", rope_theta=100000.0)),
        torch.bfloat16, "20KB", dict(target_modules=["q_proj", "v_proj"]), False),
    "qwen2.5-tied": (
        transformers.Qwen2Config(**BASIC, hidden_size=32, intermediate_size=64, num_attention_heads=4, num_key_value_heads=2, rms_norm_eps=1e-6,
                                 max_position_embeddings=128, tie_word_embeddings=True, rope_parameters=dict(rope_type="default", rope_theta=1000000.0)),
        torch.float32, "60KB", dict(target_modules=r".*\.(q_proj|up_proj|down_proj)"), False),
    "qwen2.5": (
        transformers.Qwen2Config(**BASIC, hidden_size=32, intermediate_size=64, num_attention_heads=4, num_key_value_heads=1, rms_norm_eps=1e-6,
                                 max_position_embeddings=128, tie_word_embeddings=False, rope_parameters=dict(rope_type="default", rope_theta=1000000.0)),
        torch.float16, "1GB", dict(target_modules=SEVEN), True),
}


def fill(model, seed, only=""):
    """Random weights that are large enough for every part of the model to be seen in its logits."""
    random = numpy.random.Generator(numpy.random.PCG64(seed))
    for name, p in model.named_parameters():
        if only not in name:
            continue
        x = random.standard_normal(p.shape)
        if name.endswith("norm.weight"):
            x = 1 + 0.1 * x
        elif "lora_" in name:
            x = 0.15 * x
        elif p.dim() == 1:
            x = 0.3 * x
        else:
            x = x / p.shape[1] ** 0.5
        p.data = torch.from_numpy(x).to(p.dtype)


def sequences():
    random = numpy.random.Generator(numpy.random.PCG64(1))
    return [random.integers(2, VOCAB, n).tolist() for n in LENGTHS]


def measure(model, prefix):
    """Logits [tokens][vocabulary] and the mean loss of each sequence."""
    out, losses = {}, []
    with torch.no_grad():
        for i, ids in enumerate(sequences()):
            ids = torch.tensor([ids])
            r = model(input_ids=ids, labels=ids, use_cache=False)
            out[f"{prefix}logits.{i}"] = r.logits[0].float().contiguous()
            losses.append(r.loss)
    out[f"{prefix}losses"] = torch.stack(losses).float()
    return out


def gradients(model):
    """Gradients of the mean loss of the last sequence."""
    ids = torch.tensor([sequences()[-1]])
    model.zero_grad()
    model(input_ids=ids, labels=ids, use_cache=False).loss.backward()
    return {"grad." + name.replace(".default.", "."): p.grad.float().clone() for name, p in model.named_parameters() if p.requires_grad}


def load(folder):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")


def make_models(top):
    shutil.rmtree(top, ignore_errors=True)
    top.mkdir(parents=True)
    packages = ["torch", "transformers", "peft", "tokenizers", "safetensors", "numpy"]
    versions = {"python": platform.python_version()} | {p: importlib.metadata.version(p) for p in packages}
    (top / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")
    (top / "sequences.json").write_text(json.dumps(sequences()) + "\n")
    for seed, (name, (config, dtype, shard, adapter, every)) in enumerate(MODELS.items()):
        folder = top / name
        model = transformers.AutoModelForCausalLM.from_config(config)
        fill(model, seed)
        model.to(dtype).save_pretrained(folder, max_shard_size=shard)
        model = load(folder)
        vectors = measure(model, "")
        if every:
            vectors |= gradients(model)
        settings = peft.LoraConfig(r=4, lora_alpha=6, task_type="CAUSAL_LM", **adapter)
        model = peft.get_peft_model(model, settings)
        fill(model, 100 + seed, only="lora_")
        vectors |= measure(model, "adapter.") | gradients(model)
        model.peft_config["default"].base_model_name_or_path = name
        model.save_pretrained(folder / "peft")
        (folder / "peft" / "README.md").unlink()
        safetensors.torch.save_file(vectors, folder / "vectors.safetensors")


def measure_ours(top, saved):
    for name in MODELS:
        folder = top / name
        want = safetensors.torch.load_file(folder / "vectors.safetensors")
        for key, got in measure(load(saved / name), "").items():
            if not torch.equal(got, want[key]):
                sys.exit(f"{name}: the base that Licet saved has other {key} than the one it read")
        model = peft.PeftModel.from_pretrained(load(folder), folder / "ours")
        safetensors.torch.save_file(measure(model, "ours."), folder / "ours.safetensors")


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", message="Could not find a config file")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.backends.mkldnn.enabled = False
    {"models": make_models, "ours": measure_ours}[sys.argv[1]](*map(pathlib.Path, sys.argv[2:]))
