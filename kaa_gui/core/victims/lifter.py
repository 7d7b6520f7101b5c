import torch
class Lifter:
    def lift(self,k,scores=None): return torch.zeros(*k.shape[:-1],3)+torch.cat([k,k[...,:1]*0],-1)*6
def load_lifter(path=None): return Lifter()
