from defn.random.keys import *
from defn.random.uniform import *
