#include "kernels/elementwise/loss_reference.h"
#include "kernels/elementwise/pointwise_reference.h"
#include "kernels/elementwise/softmax_reference.h"
#include "kernels/elementwise/tables.h"
#include "kernels/elementwise/unary_reference.h"
#include "kernels/elementwise/update_reference.h"

namespace burin::kernels {

constinit const ElementwiseKernels elementwise_reference{
    "elementwise_reference", Isa::reference,   pointwise_reference, softmax_reference,
    loss_reference,          update_reference, unary_reference};

}  // namespace burin::kernels
