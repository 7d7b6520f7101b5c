"""Small networks made of the importer's operators, and their Jacobians by brute force."""

from __future__ import annotations

import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from kaa_gui.core.importers.graph import Cut, Graph, Node
from kaa_gui.core.importers.ops.activation import PReLU
from kaa_gui.core.importers.ops.arithmetic import Arithmetic
from kaa_gui.core.importers.ops.convolution import Convolution, FullyConnected
from kaa_gui.core.importers.ops.operator import Operator
from kaa_gui.core.importers.ops.pooling import MaxPool
from kaa_gui.core.importers.ops.resizing import ResizeBilinear
from kaa_gui.core.importers.ops.shaping import Pad, Reshape


class Builder:
    """Strings operators together."""

    def __init__(
        self, shape: tuple[int, int, int], seed: int = 0, dtype: torch.dtype = torch.float64
    ) -> None:
        self.shape, self.dtype = shape, dtype
        self.shapes: dict[str, tuple[int, ...]] = {"image": shape}
        self.nodes: list[Node] = []
        self.generator = torch.Generator().manual_seed(seed)

    def random(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.generator, dtype=torch.float64).to(self.dtype)

    def add(self, module: Operator, *inputs: str) -> str:
        name = f"layer{len(self.nodes)}"
        shape = module.output_shape(*(self.shapes[read] for read in inputs))
        self.shapes[name] = tuple(shape)
        self.nodes.append(Node(name, "OP", inputs, tuple(shape), module.activation, module))
        return name

    def conv(
        self,
        x: str,
        channels: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        padding: tuple[int, int, int, int] | None = None,
        activation: str | None = "relu6",
        depthwise: bool = False,
    ) -> str:
        inputs = self.shapes[x][0]
        groups = inputs if depthwise else 1
        channels = inputs if depthwise else channels
        half = (kernel - 1) * dilation // 2
        weight = self.random(channels, inputs // groups, kernel, kernel)
        module = Convolution(
            weight / (inputs // groups * kernel**2) ** 0.5 * 2,
            self.random(channels) * 0.5,
            stride=(stride, stride),
            dilation=(dilation, dilation),
            groups=groups,
            padding=(half,) * 4 if padding is None else padding,
            activation=activation,
        )
        return self.add(module, x)

    def sum(self, left: str, right: str, activation: str | None = None) -> str:
        return self.add(Arithmetic(torch.add, activation=activation), left, right)

    def pool(self, x: str, padding: tuple[int, int, int, int] = (0, 0, 0, 0)) -> str:
        return self.add(MaxPool((2, 2), stride=(2, 2), padding=padding, activation=None), x)

    def prelu(self, x: str) -> str:
        return self.add(PReLU(self.random(self.shapes[x][0])), x)

    def pad(self, x: str, *amounts: tuple[int, int]) -> str:
        return self.add(Pad(amounts), x)

    def resize(self, x: str, scale: int = 2, *, half: bool = True, align: bool = False) -> str:
        _, height, width = self.shapes[x]
        size = (height * scale, width * scale)
        return self.add(ResizeBilinear(size, align_corners=align, half_pixel_centers=half), x)

    def dense(self, x: str, outputs: int) -> str:
        size = torch.Size(self.shapes[x]).numel()
        flat = self.add(Reshape((size,)), x)
        weight = self.random(outputs, size) / size**0.5
        return self.add(FullyConnected(weight, None, flatten=True, activation=None), flat)

    def cut(self, name: str | None = None) -> Cut:
        graph = Graph(
            self.nodes,
            source="test",
            inputs=("image",),
            outputs=(self.nodes[-1].name,),
            input_shape=self.shape,
        )
        return graph.to(self.dtype).truncated((name or self.nodes[-1].name,))

    def picture(self) -> Tensor:
        generator = torch.Generator().manual_seed(99)
        return torch.rand(1, *self.shape, generator=generator, dtype=torch.float64).to(self.dtype)


class Decoder(nn.Module):
    """The same function, hidden from the hand-written pass."""

    def __init__(self, cut: Cut) -> None:
        super().__init__()
        self.inner = cut

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)[0]


def hourglass(dtype: torch.dtype = torch.float64, *, head: bool = True, side: int = 32) -> Builder:
    """An encoder and a decoder that ends in a pyramid of upsampled branches."""
    net = Builder((3, side, side), seed=3, dtype=dtype)
    x = net.conv("image", 6, stride=2)
    fine = net.conv(net.conv(x, 0, depthwise=True), 5, 1)
    x = net.conv(net.conv(x, 8, stride=2), 8, 1, activation=None)
    middle = net.conv(x, 5, 1)
    x = net.conv(net.conv(x, 10, stride=2), 10, 5)
    x = net.sum(net.conv(x, 10, 5), x)
    coarse = net.conv(x, 5, 1)
    middle = net.sum(net.resize(coarse), middle)
    fine = net.sum(fine, net.resize(middle))
    if head:
        net.conv(fine, 3, 1, activation=None)
    return net


def jacobian(cut: Cut, picture: Tensor) -> Tensor:
    """Return J by brute force, ``(outputs, 3, H, W)``: one copy of the picture an output."""
    outputs = cut(picture)[0].numel()
    parts = []
    for numbers in torch.arange(outputs).split(128):
        images = picture.expand(len(numbers), -1, -1, -1).clone().requires_grad_()
        chosen = cut(images)[0].flatten(1)[torch.arange(len(numbers)), numbers]
        parts.append(torch.autograd.grad(chosen.sum(), images)[0])
    return torch.cat(parts)


PADDINGS = [(1, 1, 1, 1), (0, 1, 0, 1), (0, 0, 0, 0), (2, 0, 1, 1)]


@st.composite
def networks(draw: st.DrawFn) -> Builder:
    """Draw a network of a few operators."""
    net = Builder((3, draw(st.integers(7, 12)), draw(st.integers(7, 12))), seed=draw(st.integers(0, 99)))
    x = "image"
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["conv", "depthwise", "skip", "pool", "prelu", "pad", "resize"]))
        small = min(net.shapes[x][1:]) < 6
        if kind == "skip":
            inner = net.conv(net.conv(x, 4), net.shapes[x][0], 1, activation=None)
            x = net.sum(inner, x, draw(st.sampled_from([None, "relu", "tanh"])))
        elif kind == "pool" and not small:
            x = net.pool(x, draw(st.sampled_from([(0, 0, 0, 0), (0, 1, 1, 0)])))
        elif kind == "prelu":
            x = net.prelu(x)
        elif kind == "pad":
            x = net.pad(x, (0, 1), (1, 0), (2, 1))
        elif kind == "resize" and max(net.shapes[x][1:]) < 20:
            half = draw(st.booleans())
            x = net.resize(x, half=half, align=not half and draw(st.booleans()))
        else:
            x = net.conv(
                x,
                draw(st.integers(1, 5)),
                draw(st.sampled_from([1, 2, 3])),
                stride=1 if small else draw(st.integers(1, 3)),
                dilation=1 if small else draw(st.integers(1, 2)),
                padding=draw(
                    st.sampled_from([(1, 1, 1, 1), (2, 1, 1, 2), (2, 0, 1, 1)] if small else PADDINGS)
                ),
                activation=draw(st.sampled_from([None, "relu", "relu6", "relu_n1_to_1"])),
                depthwise=kind == "depthwise",
            )
    if draw(st.booleans()):
        net.dense(x, 5)
    elif not net.nodes:
        net.conv(x, 2)
    return net
